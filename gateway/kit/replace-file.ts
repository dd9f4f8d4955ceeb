import { open, rename } from 'node:fs/promises';

/** Writes a file beside the one of that name and puts it in its place, on disk before it has the name. */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  const beside = `${path}.tmp`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
