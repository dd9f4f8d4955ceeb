import { open, rename, rm } from 'node:fs/promises';

/** Writes a file beside the one of that name and puts it in its place, on disk before it has the name. */
export async function replaceFile(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const beside = `${path}.tmp`;
  const file = await open(beside, 'w', mode);
  try {
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
