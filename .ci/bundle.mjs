/**
 * The program and the packages that it needs, joined into a few dozen files: a start reads these and not nine hundred.
 * Entries keep their places; what they share stands in gateway/parts, with the threads, which are found beside whoever
 * starts them. serialport has a native part and goes along as packages; NOTICES.txt holds the licences of all.
 *
 * usage: node .ci/bundle.mjs
 */
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const NATIVE = ['serialport'];
const threads = globSync(['gateway/**/*-thread.ts', 'drivers/**/*-thread.ts']);
const input = Object.fromEntries([
  ['gateway/main', 'gateway/main.ts'],
  ['firmware-sim/main', 'firmware-sim/main.ts'],
  ...threads.map((file) => [`gateway/parts/${basename(file, '.ts')}`, file]),
]);

const bundle = await rolldown({ input, platform: 'node', external: [/^node:/, ...NATIVE], logLevel: 'warn' });
const { output } = await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'gateway/parts/[name]-[hash].js',
  // Half the bytes to parse; names stay, for whoever reads a stack.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});

/** A package's folder, from a file in it. */
const packageOf = (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** A package and all that it needs, where Node.js would find them. */
function closureOf(folder, found = new Set()) {
  if (found.has(folder)) return found;
  found.add(folder);
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    const nested = join(folder, 'node_modules', name);
    closureOf(existing(nested) ?? join('node_modules', name), found);
  }
  return found;
}
const existing = (folder) => (globSync(join(folder, 'package.json')).length > 0 ? folder : undefined);

const native = NATIVE.flatMap((name) => [...closureOf(join('node_modules', name))]);
for (const folder of native) {
  mkdirSync(dirname(join('dist', folder)), { recursive: true });
  cpSync(folder, join('dist', folder), { recursive: true });
}

const joined = output
  .flatMap(({ moduleIds = [] }) => moduleIds.map(packageOf))
  .filter((folder) => folder !== undefined);
const notices = [...new Set([...joined, ...native])].sort().map((folder) => {
  const { name, version, license } = manifestOf(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
});
writeFileSync('dist/NOTICES.txt', `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
