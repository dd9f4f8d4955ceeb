import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Fault } from '#kit/fault.ts';
import { ROOT } from '#kit/root.ts';

const IGNORED = `# Personal data and secrets stay on the box.
people.yaml
secrets/
*.key
*.pem
.env
`;

/**
 * Writes a first site, with comments, into a directory that is new or empty.
 * Throws a Fault `not-empty` when something stands there already.
 */
export async function initSite(dir: string, firstSite = join(ROOT, 'config', 'first-site')): Promise<void> {
  const found = await readdir(dir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  if (found.length > 0) {
    throw new Fault('not-empty', `${dir} is not empty`, { hint: 'name a new directory; nothing is written over' });
  }
  await mkdir(dir, { recursive: true });
  await cp(firstSite, dir, { recursive: true });
  await writeFile(join(dir, '.gitignore'), IGNORED);
}
