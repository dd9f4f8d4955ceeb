const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const DAY_MS = 86_400_000;

type Path = readonly (string | number)[];

/** Something other should stand at a place of what was read. */
export class FieldError extends Error {
  readonly path: Path;

  constructor(name: string, path: Path, what: string) {
    super(`${[name, ...path].join('.')}: ${what}`);
    this.path = path;
  }
}

/** A value read from YAML together with where it stands, so that what is wrong can be named. */
export class Field {
  readonly #value: unknown;
  readonly #name: string;
  readonly #path: Path;
  /** Of the whole that it is part of: what was asked for, by path. */
  readonly #asked: Set<string>;

  constructor(value: unknown, name: string, path: Path = [], asked: Set<string> = new Set()) {
    this.#value = value;
    this.#name = name;
    this.#path = path;
    this.#asked = asked;
  }

  at(key: string | number): Field {
    const inside = this.#value;
    const value =
      typeof inside === 'object' && inside !== null ? (inside as Record<string | number, unknown>)[key] : undefined;
    const path = [...this.#path, key];
    this.#asked.add(textOf(path));
    return new Field(value, this.#name, path, this.#asked);
  }

  /** Throws where something stands in it that nobody has asked for: a name that is written wrong, or of another kind. */
  refuseUnasked(): void {
    const inside = this.#value;
    if (typeof inside !== 'object' || inside === null || this.#asked.has(wholeOf(this.#path))) return;
    for (const key of Array.isArray(inside) ? inside.keys() : Object.keys(inside)) {
      const path = [...this.#path, key];
      if (!this.#asked.has(textOf(path))) throw new FieldError(this.#name, path, 'nothing is read here');
      this.at(key).refuseUnasked();
    }
  }

  isMissing(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  text(): string {
    return typeof this.#value === 'string' ? this.#value : this.#fail('a text');
  }

  textOr<T>(otherwise: T): string | T {
    return this.isMissing() ? otherwise : this.text();
  }

  number(otherwise?: number): number {
    if (this.isMissing() && otherwise !== undefined) return otherwise;
    return typeof this.#value === 'number' ? this.#value : this.#fail('a number');
  }

  numberOrText(): number | string {
    return typeof this.#value === 'string' ? this.#value : this.number();
  }

  flag(): boolean {
    if (this.isMissing()) return false;
    return typeof this.#value === 'boolean' ? this.#value : this.#fail('true or false');
  }

  oneOf<T extends string>(names: readonly T[], otherwise?: T): T {
    if (this.isMissing() && otherwise !== undefined) return otherwise;
    return names.find((name) => name === this.#value) ?? this.#fail(`one of ${names.join(', ')}`);
  }

  items(otherwise?: readonly Field[]): readonly Field[] {
    if (this.isMissing() && otherwise !== undefined) return otherwise;
    if (!Array.isArray(this.#value)) return this.#fail('a list');
    return this.#value.map((_, index) => this.at(index));
  }

  /** The items of a list, or what stands there alone. */
  list(): readonly Field[] {
    return Array.isArray(this.#value) ? this.items() : [this];
  }

  isRecord(): boolean {
    return typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value);
  }

  /** Says that something else should stand here. */
  refuse(wanted: string): never {
    return this.#fail(wanted);
  }

  /** Whatever stands there. */
  raw(): unknown {
    this.#asked.add(wholeOf(this.#path));
    return this.#value;
  }

  entries(otherwise?: readonly (readonly [string, Field])[]): readonly (readonly [string, Field])[] {
    if (this.isMissing() && otherwise !== undefined) return otherwise;
    return Object.keys(this.#mapping()).map((key) => [key, this.at(key)]);
  }

  record(): Readonly<Record<string, unknown>> {
    this.#asked.add(wholeOf(this.#path));
    return this.#mapping();
  }

  #mapping(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#fail('a mapping');
    return value as Record<string, unknown>;
  }

  /** `5s` → 5000. */
  duration(otherwise?: number): number {
    if (this.isMissing() && otherwise !== undefined) return otherwise;
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(this.text()) ?? [];
    return unit === undefined ? this.#fail('a duration') : Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  }

  /** RFC 3339 → UTC milliseconds. */
  instant(): number {
    const at = Date.parse(this.text());
    return Number.isNaN(at) ? this.#fail('a time') : at;
  }

  /** `HH:MM` or `HH:MM:SS` → UTC milliseconds: the first such time at or after the start. */
  timeOfDay(times: { readonly start: number; readonly offsetMs: number }): number {
    const [, hours, minutes, seconds = '0'] = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(this.text()) ?? [];
    if (hours === undefined) return this.#fail('a time of the day');
    const local = times.start + times.offsetMs;
    const ofDay = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
    const midnight = local - (local % DAY_MS);
    return (midnight + ofDay < local ? midnight + DAY_MS : midnight) + ofDay - times.offsetMs;
  }

  #fail(wanted: string): never {
    const found = JSON.stringify(this.#value) ?? 'nothing';
    throw new FieldError(this.#name, this.#path, `${wanted} is wanted, found ${found}`);
  }
}

const textOf = (path: Path): string => JSON.stringify(path);
const wholeOf = (path: Path): string => `${textOf(path)} and all in it`;
