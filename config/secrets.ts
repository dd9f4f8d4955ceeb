import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codeOf, textOf } from '#kit/fault.ts';
import { type Entry, isRecord, type Path } from './document.ts';
import type { Report } from './report.ts';

/** A field that is not to be read by whoever reads the site's files. */
const SECRET_FIELD = /(password|passwd|passphrase|token|secret)$/i;
const REFERENCE = /\$\{(?:(env|file):)?([^{}]*)\}/g;
const WHOLLY_REFERENCE = /^(\$\{(env|file):[^{}]+\})+$/;
const CREDENTIALS_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:(?!\$\{)[^/@\s]+@/i;
/** RFC 7468, also where a text was folded into one line. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const LARGEST_BYTES = 64 * 1024;

const REMEDY = `write "\${env:NAME}" or "\${file:PATH}" and keep the secret there`;

export interface SecretSources {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** What a secret that is not there is: an error where the gateway starts, a warning where a site is only looked at. */
  readonly missing: 'error' | 'warning';
}

/** The same entry with its references filled in; what is missing, or stands there openly, is reported. */
export async function resolveSecrets(entry: Entry, sources: SecretSources, report: Report): Promise<Entry> {
  const value = await resolveValue(entry.value, [], entry, sources, report);
  return { ...entry, value };
}

async function resolveValue(
  value: unknown,
  path: Path,
  entry: Entry,
  sources: SecretSources,
  report: Report,
): Promise<unknown> {
  if (Array.isArray(value)) {
    return await Promise.all(value.map((each, index) => resolveValue(each, [...path, index], entry, sources, report)));
  }
  if (isRecord(value)) {
    const pairs = Object.entries(value).map(async ([key, each]) => [
      key,
      await resolveValue(each, [...path, key], entry, sources, report),
    ]);
    return Object.fromEntries(await Promise.all(pairs));
  }
  const field = String(path.at(-1) ?? '');
  if (SECRET_FIELD.test(field) && isOpen(value)) {
    report.hide(String(value));
    report.error(
      entry.at(path),
      `${entry.prefix}${field}: secrets stand in a site's files by reference only: ${REMEDY}`,
    );
  }
  if (typeof value !== 'string') return value;
  if (CREDENTIALS_IN_URL.test(value)) {
    report.hide(value);
    report.error(
      entry.at(path),
      `${entry.prefix}${field}: holds a password: secrets stand in a site's files by reference only: ${REMEDY}`,
    );
  }
  if (PRIVATE_KEY.test(value)) {
    report.hide(value);
    report.error(
      entry.at(path),
      `${entry.prefix}${field}: holds a private key: secrets stand in a site's files by reference only: ${REMEDY}`,
    );
  }
  return await fill(value, path, entry, sources, report);
}

const isOpen = (value: unknown): boolean =>
  typeof value === 'string' ? !WHOLLY_REFERENCE.test(value) : typeof value === 'number' || typeof value === 'boolean';

async function fill(text: string, path: Path, entry: Entry, sources: SecretSources, report: Report): Promise<string> {
  let filled = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, kind, name = ''] = match;
    filled += text.slice(end, match.index);
    end = match.index + whole.length;
    const found = await look(kind, name, sources);
    if ('value' in found) {
      report.hide(found.value);
      filled += found.value;
    } else {
      report[sources.missing === 'error' ? 'error' : 'warn'](
        entry.at(path),
        `${entry.prefix}${String(path.at(-1) ?? '')}: ${found.missing}`,
      );
      filled += whole;
    }
  }
  return filled + text.slice(end);
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
