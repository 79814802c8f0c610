import { Dialog, DialogBody, DialogContent, DialogDescription, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";

/** Every key of the explorer, in the order of the list below. */
const keys: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["↑", "↓"], "Move in the list"],
  [["Home", "End"], "First and last row"],
  [["Enter"], "Open the folder or the file"],
  [["Backspace"], "Up to the folder above"],
  [["Space"], "Quick look at the file without leaving the list"],
  [["e"], "Edit the open file"],
  [["n"], "New file in this folder"],
  [["Delete"], "Remove the file or folder"],
  [["Ctrl", "K"], "Go to a path (⌘K on a Mac)"],
  [["Ctrl", "S"], "Save, in the editor (⌘S on a Mac)"],
  [["Esc"], "Leave the editor, the path or a dialog"],
  [["?"], "This list"],
];

export function KeysDialog({ open, onOpenChange }: { readonly open: boolean; readonly onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Keys</DialogTitle>
          <DialogDescription>They work anywhere in the explorer, except while you type.</DialogDescription>
        </DialogHeader>
        <DialogBody>
          <dl className="grid gap-2 text-sm">
            {keys.map(([names, does]) => (
              <div key={does} className="flex items-center justify-between gap-4">
                <dt>{does}</dt>
                <dd className="flex shrink-0 gap-1">
                  {names.map((name) => (
                    <Kbd key={name}>{name}</Kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </DialogBody>
      </DialogContent>
    </Dialog>
  );
}
