import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codeOf, textOf } from '#kit/fault.ts';

const REFERENCE = /\$\{(?:(env|file):)?([^{}]*)\}/g;
const LARGEST_BYTES = 64 * 1024;

export interface SecretSources {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** What a secret that is not there is: an error where the gateway starts, a warning where a site is only looked at. */
  readonly missing: 'error' | 'warning';
  /** References stay as they are written, and none is looked up. */
  readonly isLeft?: boolean;
}

/** A text with its references filled in; one that leads nowhere stays, with the reason. */
export async function fillReferences(
  text: string,
  sources: SecretSources,
): Promise<{ readonly filled: string; readonly secrets: readonly string[]; readonly missing: readonly string[] }> {
  const secrets: string[] = [];
  const missing: string[] = [];
  if (sources.isLeft) return { filled: text, secrets, missing };
  let filled = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, kind, name = ''] = match;
    filled += text.slice(end, match.index);
    end = match.index + whole.length;
    const found = await look(kind, name, sources);
    if ('value' in found) secrets.push(found.value);
    else missing.push(found.missing);
    filled += 'value' in found ? found.value : whole;
  }
  return { filled: filled + text.slice(end), secrets, missing };
}

async function look(
  kind: string | undefined,
  name: string,
  { dir, env }: SecretSources,
): Promise<{ value: string } | { missing: string }> {
  if (kind === 'env') {
    const value = env[name];
    return value ? { value } : { missing: `the environment has no ${name}: set it where the gateway is started` };
  }
  if (kind !== 'file') return { missing: `a reference is written \${env:NAME} or \${file:PATH}, not \${${name}}` };
  const path = resolve(dir, name);
  try {
    const found = await stat(path);
    if (!found.isFile()) return { missing: `the file ${name} is not a file: put the secret into a file of that name` };
    if (found.size > LARGEST_BYTES)
      return { missing: `the file ${name} is too long for a secret: at most ${LARGEST_BYTES} bytes` };
    const value = (await readFile(path, 'utf8')).trim();
    return value === '' ? { missing: `the file ${name} is empty: put the secret into it` } : { value };
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${textOf(error)})`;
    return { missing: `the file ${name} ${reason}: write the secret into it, readable by the gateway's user only` };
  }
}
