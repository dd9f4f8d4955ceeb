import type { z } from 'zod';

/** What the loader must know of a driver: structurally a `Driver` of `drivers/driver.ts`. */
export interface DriverKind {
  readonly protocol: string;
  readonly links: Readonly<Record<string, z.ZodObject>>;
  readonly profile: z.ZodObject;
  readonly device: z.ZodObject;
  readonly point: z.ZodObject;
  check(link: never): readonly {
    /** Left out where it is the link itself. */
    readonly device?: string;
    readonly point?: string;
    readonly field?: string;
    readonly message: string;
    readonly severity: 'error' | 'warning';
  }[];
}

/** What a rule selects points by; each list or single text. */
export interface Selector {
  readonly quantity?: string | readonly string[] | undefined;
  readonly scene?: string | readonly string[] | undefined;
  readonly device?: string | readonly string[] | undefined;
  readonly point?: string | readonly string[] | undefined;
  readonly tag?: string | readonly string[] | undefined;
  readonly grid?: string | readonly string[] | undefined;
}

/** What the loader reads of a rule to find references that lead nowhere. */
export interface RuleShape {
  readonly id: string;
  readonly on: Selector;
  readonly during?: unknown;
}

export interface PermitShape {
  readonly id: string;
  readonly on: Selector;
}

/** The kinds that a site may use, handed in by `gateway/`: config knows none by itself. */
export interface Kinds<Rule extends RuleShape = RuleShape, Permit extends PermitShape = PermitShape> {
  readonly drivers: readonly DriverKind[];
  readonly rule: z.ZodType<Rule>;
  readonly permit: z.ZodType<Permit>;
  readonly upstreams: readonly { readonly kind: string; readonly options: z.ZodObject }[];
}
