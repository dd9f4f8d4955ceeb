/**
 * What a recording needs beside readings, kept among them in their order: each as a reading whose point begins with
 * this and whose value is JSON. No point of a site begins so.
 */
export const MARK = '@';

export type MarkKind = 'start' | 'clock' | 'action' | 'permit';

export const isMark = (point: string): boolean => point.startsWith(MARK);
