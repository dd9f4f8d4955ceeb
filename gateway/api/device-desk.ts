import type { SiteAnswer } from './context.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A device of the site as an installer and the register see it. */
export interface DeviceView {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly link: string;
  readonly protocol: string;
  /** By what it is found on its link; no secret. */
  readonly address: Readonly<Record<string, string | number>>;
  readonly scene: string | null;
  readonly place: { readonly grid: string | null; readonly at: readonly [number, number] | null };
  readonly asset: Fields | null;
  readonly points: readonly string[];
}

/** Who changes a device, and how. */
export interface DeviceAuthor {
  readonly by: string;
  /** The address it was asked from. */
  readonly from?: string | undefined;
  /** Applies also what was written into the site's directory by hand and not applied. */
  readonly withEdits?: boolean | undefined;
  /** Only says what it would do. */
  readonly isTrial?: boolean | undefined;
}

export interface NewDevice {
  /** As a file of the site has it; without an id one is proposed. */
  readonly device: Fields;
  /** What it calls itself on its link, in place of its address. */
  readonly unknown?: string | undefined;
  /** `devices/NAME.yaml`. */
  readonly file?: string | undefined;
}

/** What became of a change of a device; on a refusal no file is otherwise than before. */
export type DeviceAnswer =
  | (Exclude<SiteAnswer, { status: 'refused' }> & {
      readonly device: string;
      readonly file: string;
      /** The lines that are new in it. */
      readonly lines: readonly string[];
    })
  | Extract<SiteAnswer, { status: 'refused' }>;

/** Something wrong in a row, numbered as a spreadsheet numbers it: the heading is row 1. */
export interface AssetProblem {
  readonly row: number;
  /** The heading of the field; null where it is about the whole row. */
  readonly column: string | null;
  readonly message: string;
}

/** What became of a register: with one problem or more nothing of it was taken. */
export type AssetImport =
  | {
      readonly status: 'applied' | 'unchanged';
      readonly rows: number;
      readonly changed: readonly string[];
      readonly unchanged: number;
      readonly problems: readonly AssetProblem[];
    }
  | Extract<SiteAnswer, { status: 'refused' }>;

export interface PhotoView {
  readonly name: string;
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: number;
  /** When it was taken in, UTC milliseconds. */
  readonly at: number;
}

/** Devices as installers bring, name, move and take them, and what the register has of them. */
export interface DeviceDesk {
  list(): readonly DeviceView[];
  adopt(asked: NewDevice, author: DeviceAuthor): Promise<DeviceAnswer>;
  change(device: string, fields: Fields, author: DeviceAuthor): Promise<DeviceAnswer>;
  remove(device: string, author: DeviceAuthor): Promise<DeviceAnswer>;
  /** The register as CSV, in UTF-8 with a byte order mark. */
  exportAssets(): string;
  importAssets(csv: string, author: DeviceAuthor): Promise<AssetImport>;
  /** Throw the Faults `no-such-device`, `no-picture`, `not-a-photo`, `too-large`, `too-many-photos`. */
  photos(device: string): Promise<readonly PhotoView[]>;
  addPhoto(device: string, bytes: Uint8Array, author: DeviceAuthor): Promise<PhotoView>;
  photo(device: string, name: string): Promise<{ readonly type: string; readonly bytes: Uint8Array }>;
  removePhoto(device: string, name: string, author: DeviceAuthor): Promise<void>;
  /** The commissioning report, one HTML page; of all devices when none is named. Throws the Fault `no-such-device`. */
  report(devices: readonly string[], by: string): Promise<string>;
}
