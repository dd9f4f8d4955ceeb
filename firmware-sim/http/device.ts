/**
 * What a pushed device, or the cloud before it, does wrong. `slow`: the body comes in pieces with pauses. `silent`: it sends
 * nothing. `cut-off`: every second body ends in its middle. `corrupt`: the body is not what was signed, or is broken where
 * nothing is signed. `wrong-unit`: it calls itself by another name. `nonsense`: bodies that are nothing. `repeat`: the same
 * push twice. `old`: signed an hour ago. `stuck`: it measures once. `large`: its picture is 50 MB.
 */
export const HTTP_PERSONAS = [
  'works',
  'slow',
  'silent',
  'cut-off',
  'corrupt',
  'wrong-unit',
  'nonsense',
  'repeat',
  'old',
  'stuck',
  'large',
] as const;
export type HttpPersona = (typeof HTTP_PERSONAS)[number];

/** Names → values, as the device measures them: `distance` and `temperature` of a gauge, `event` of a camera. */
export type HttpFields = Readonly<Record<string, number | string>>;

export interface HttpDevice {
  readonly id: string;
  /** What it calls itself: an IMEI, or the last part of the path. */
  readonly identity: string;
  /** How it speaks: one of `SPEAKERS`. */
  readonly model: 'nbiot-em400' | 'json' | 'camera-isapi' | 'camera-json';
  readonly persona: HttpPersona;
  /** The first instant after `at` at which it sends. UTC milliseconds. */
  nextAt(at: number): number;
  fieldsAt(at: number): HttpFields;
  /** A camera's, JPEG. */
  readonly picture?: Uint8Array;
}
