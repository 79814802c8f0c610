"use client";

import { type ComponentType, type KeyboardEvent, type ReactElement, type ReactNode, useRef, useState } from "react";

export interface LoadedMenuProps {
  /** The button that opens the menu. */
  readonly trigger: ReactElement;
}

export interface MenuButtonProps<Props> {
  readonly className: string;
  readonly children: ReactNode;
  /** Imports the menu around the trigger, open at first. It is fetched when somebody reaches for the button, so that no page waits for it. */
  readonly load: () => Promise<ComponentType<Props & LoadedMenuProps>>;
  /** What the menu is given beside its trigger. */
  readonly menuProps: Props;
}

/** A menu's button, alone until it is pressed. */
export function MenuButton<Props extends object>({ className, children, load, menuProps }: MenuButtonProps<Props>) {
  type Loaded = ComponentType<Props & LoadedMenuProps>;
  const [Menu, setMenu] = useState<Loaded | null>(null);
  const loading = useRef<Promise<Loaded> | null>(null);
  const prepare = (): Promise<Loaded> => {
    loading.current ??= load().catch((error: unknown) => {
      // Without a network the next press tries again.
      loading.current = null;
      throw error;
    });
    return loading.current;
  };
  const ahead = (): void => void prepare().catch(() => undefined);
  const open = (): void =>
    void prepare().then(
      (loaded) => setMenu(() => loaded),
      () => undefined,
    );
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    open();
  };
  if (Menu !== null) {
    return (
      <Menu
        {...menuProps}
        trigger={
          <button type="button" className={className}>
            {children}
          </button>
        }
      />
    );
  }
  return (
    <button
      type="button"
      className={className}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={ahead}
      onFocus={ahead}
      onClick={open}
      onKeyDown={onKeyDown}
    >
      {children}
    </button>
  );
}
