import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

/** tailwind-merge with this project's own font size, shadows and utilities, so that it does not take `text-2xs` for a colour. */
const merge = extendTailwindMerge({
  extend: {
    theme: { text: ["2xs"], shadow: ["raised", "floating"] },
    classGroups: { "text-color": ["text-link"] },
  },
});

/** Joins class names; of two Tailwind classes for the same property the later wins. */
export function cn(...inputs: ClassValue[]): string {
  return merge(clsx(inputs));
}
