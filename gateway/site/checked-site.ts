import { argon2, hash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { LoadOptions } from '../../config/load.ts';
import { fillReferences, type SecretSources } from '../../config/references.ts';
import type { Loaded } from '../../config/site.ts';
import type { GatewaySite } from '../kinds.ts';
import { hashSite, readSiteFiles, type SiteFiles } from './site-files.ts';

/** In the data directory. */
const FILE = 'checked-site';
const DIGEST_BYTES = 32;
const MOST_BYTES = 64 * 1024 * 1024;
const SALT_BYTES = 16;
/** As a password's: whoever has the card finds no secret by trying. */
const COST = { memory: 7168, passes: 5, parallelism: 1, tagLength: 32 } as const;

const derive = promisify(argon2);

type Path = readonly string[];

/** What is kept: what came of a site's files when they were checked, with its secrets as references. */
interface Checked {
  /** Of which files, and by which program. */
  readonly key: string;
  readonly loaded: Loaded<GatewaySite> & { readonly site: GatewaySite };
  /** Where in the site references stand. */
  readonly references: readonly Path[];
  /** With which secrets: others may not be right, as one that is too short. */
  readonly salt: Uint8Array;
  readonly secrets: Uint8Array;
}

export const checkedFile = (data: string): string => join(data, FILE);

const keyOf = (files: SiteFiles, mark: string): string => hash('sha256', `${mark} ${hashSite(files)}`, 'hex');

const markOf = async (secrets: readonly string[], salt: Uint8Array): Promise<Uint8Array> =>
  secrets.length === 0
    ? Buffer.alloc(0)
    : await derive('argon2id', { message: JSON.stringify(secrets), nonce: salt, ...COST });

/**
 * The site that was checked from these very files by this very program with these very secrets, so that it need not be
 * checked again: what a box starts with when its power returns. Null where there is none, or a secret of it cannot be found:
 * the check says why.
 */
export async function readChecked(
  data: string,
  files: SiteFiles,
  mark: string,
  secrets: Pick<SecretSources, 'dir' | 'env'>,
  log: Log,
): Promise<Loaded<GatewaySite> | null> {
  const bytes = await readFile(checkedFile(data)).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') log.warn({ code: codeOf(error) }, `the checked site: ${textOf(error)}`);
  });
  if (bytes === undefined) return null;
  const packed = bytes.subarray(DIGEST_BYTES);
  if (!bytes.subarray(0, DIGEST_BYTES).equals(hash('sha256', packed, 'buffer'))) {
    log.warn({ file: checkedFile(data) }, 'the checked site is damaged: the files are checked anew');
    return null;
  }
  try {
    // Packed by `packChecked`, and not written to since.
    const checked = deserialize(packed) as Checked;
    const { loaded } = checked;
    if (checked.key !== keyOf(files, mark)) return null;
    const found = await fill(loaded.site, checked.references, { ...secrets, missing: 'error' });
    const isSame = found !== null && Buffer.from(checked.secrets).equals(await markOf(found, checked.salt));
    return isSame ? loaded : null;
  } catch (error) {
    log.warn({ file: checkedFile(data) }, `the checked site is not understood: ${textOf(error)}`);
    return null;
  }
}

/**
 * What `readChecked` reads: the site of a directory, checked twice, once without a look at its secrets. Null where the two
 * differ by more than the secrets in their places, or the site is not right, or changes meanwhile.
 */
export async function packChecked(
  dir: string,
  mark: string,
  options: LoadOptions,
  load: (dir: string, options: LoadOptions) => Promise<Loaded<GatewaySite>>,
): Promise<Uint8Array | null> {
  const files = await readSiteFiles(dir);
  const whole = await load(dir, options);
  const { site } = await load(dir, { ...options, leaveSecrets: true });
  if (whole.site === null || site === null) return null;
  if (hashSite(files) !== hashSite(await readSiteFiles(dir))) return null;
  const references = referencesIn(site);
  const sources: SecretSources = { dir: options.secretsDir ?? dir, env: options.env ?? process.env, missing: 'error' };
  const filled = structuredClone(site);
  const secrets = await fill(filled, references, sources);
  if (secrets === null || !isDeepStrictEqual(filled, whole.site)) return null;
  const salt = randomBytes(SALT_BYTES);
  const packed = serialize({
    key: keyOf(files, mark),
    loaded: { site, problems: whole.problems },
    ...{ references, salt, secrets: await markOf(secrets, salt) },
  } satisfies Checked);
  if (packed.length > MOST_BYTES) return null;
  return Buffer.concat([hash('sha256', packed, 'buffer'), packed]);
}

/** Each text that may hold a reference, by the first way to it. */
function referencesIn(site: GatewaySite): Path[] {
  const seen = new Set<object>();
  const found: Path[] = [];
  const look = (value: unknown, path: Path): void => {
    if (typeof value === 'string' && value.includes('${')) found.push(path);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const [key, each] of Object.entries(value)) look(each, [...path, key]);
  };
  look(site, []);
  return found;
}

/** Fills in the references, in their places, and tells their secrets; null where one leads nowhere. */
async function fill(
  site: GatewaySite,
  references: readonly Path[],
  sources: SecretSources,
): Promise<readonly string[] | null> {
  const found: string[] = [];
  for (const path of references) {
    const [last = '', ...above] = path.toReversed();
    // Objects and lists all the way: the path was walked along them.
    let holder = site as unknown as Record<string, unknown>;
    for (const step of above.reverse()) holder = holder[step] as Record<string, unknown>;
    const { filled, secrets, missing } = await fillReferences(String(holder[last]), sources);
    if (missing.length > 0) return null;
    found.push(...secrets);
    holder[last] = filled;
  }
  return found;
}
