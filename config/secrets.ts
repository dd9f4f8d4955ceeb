import { type Entry, isRecord, type Path } from './document.ts';
import { fillReferences, type SecretSources } from './references.ts';
import type { Report } from './report.ts';

/** A field that is not to be read by whoever reads the site's files. */
const SECRET_FIELD = /(password|passwd|passphrase|token|secret)$/i;
const WHOLLY_REFERENCE = /^(\$\{(env|file):[^{}]+\})+$/;
const CREDENTIALS_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:(?!\$\{)[^/@\s]+@/i;
/** RFC 7468, also where a text was folded into one line. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

const REMEDY = `write "\${env:NAME}" or "\${file:PATH}" and keep the secret there`;

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
  const { filled, secrets, missing } = await fillReferences(text, sources);
  for (const secret of secrets) report.hide(secret);
  for (const why of missing) {
    report[sources.missing === 'error' ? 'error' : 'warn'](
      entry.at(path),
      `${entry.prefix}${String(path.at(-1) ?? '')}: ${why}`,
    );
  }
  return filled;
}
