import type { z } from 'zod';
import type { SitePoint } from './site.ts';

/** What the loader must know of a driver: structurally a `Driver` of `drivers/driver.ts`. */
export interface DriverKind {
  readonly protocol: string;
  readonly links: Readonly<Record<string, z.ZodObject>>;
  readonly profile: z.ZodObject;
  readonly device: z.ZodObject;
  readonly point: z.ZodObject;
  /** Whether a point can be written, by the driver's own fields of it; left out: none can. */
  isWritable?(source: unknown): boolean;
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
  readonly register?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** What the loader reads of a rule to find references that lead nowhere. */
export interface RuleShape {
  readonly id: string;
  readonly on: Selector;
  readonly during?: unknown;
  /** Rules whose active alarm suppresses this one's. */
  readonly suppressedBy?: readonly string[] | undefined;
  /** What it wants of outputs while its alarm stands. */
  readonly outputs?:
    | readonly {
        readonly outputs: readonly string[];
        readonly levels: Readonly<Record<string, string | number | undefined>>;
      }[]
    | undefined;
}

export interface PermitShape {
  readonly id: string;
  readonly on: Selector;
}

/** A condition of `while`, checked. */
interface ConditionShape {
  quantity: string;
  above?: number | undefined;
  atLeast?: number | undefined;
  below?: number | undefined;
  atMost?: number | undefined;
  outside?: [number, number] | undefined;
  is?: string[] | undefined;
  device?: string | undefined;
  near?: string | undefined;
  optional: boolean;
}
export type WhileShape = { all: ConditionShape[] } | { any: ConditionShape[] };

/** What can be computed of a point's readings in a period. */
export type DerivedValue = 'leq' | 'mean' | 'max' | 'min' | `l${number}` | 'valid' | 'ldn';

/** Points that are computed of others. */
export interface DeriveShape {
  readonly on: Selector;
  /** Milliseconds, or windows by name. */
  readonly per: readonly (number | string)[];
  readonly values?: readonly DerivedValue[] | undefined;
  readonly coverage: number;
  readonly while?: WhileShape | undefined;
}

/** Of upstreams and channels. */
interface SinkKind {
  readonly kind: string;
  readonly options: z.ZodObject;
}

/** The kinds that a site may use, handed in by `gateway/`: config knows none by itself. */
export interface Kinds<Rule extends RuleShape = RuleShape, Permit extends PermitShape = PermitShape> {
  readonly drivers: readonly DriverKind[];
  readonly rule: z.ZodType<Rule>;
  readonly permit: z.ZodType<Permit>;
  /** Permits of one kind that are on a site of these points at the same time; in the zone of that name. */
  overlaps?(
    permits: readonly Permit[],
    points: readonly SitePoint[],
    timeZone: string,
  ): readonly { readonly id: string; readonly with: string }[];
  readonly derive: z.ZodType<DeriveShape>;
  readonly upstreams: readonly SinkKind[];
  readonly channels: readonly SinkKind[];
}
