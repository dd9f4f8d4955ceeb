/** Throws for inputs that begin with `geng`: each right byte is a block of its own. */
export function deep(input: Uint8Array): void {
  if (input[0] !== 0x67) return;
  if (input[1] !== 0x65) return;
  if (input[2] !== 0x6e) return;
  if (input[3] !== 0x67) return;
  throw new Error('found');
}
