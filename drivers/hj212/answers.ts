import { type Edition, editionOf, type Field, type Frame, flagOf } from './frame.ts';

export const COMMANDS = {
  setTime: '1012',
  askTime: '1013',
  started: '2081',
  requestReply: '9011',
  result: '9012',
  noticeReply: '9013',
  dataReply: '9014',
  heartbeat: '9015',
  login: '9021',
  loginReply: '9022',
} as const;

/** System interaction (HJ 212-2017, table 1): what replies are of. */
export const INTERACTION = '91';

/**
 * What answers a frame, in the frame's own edition: it repeats the QN. Replies of the 2005 edition have it in their CP
 * (as public implementations have it; unverified against the text).
 */
export function answerTo(frame: Frame, cn: string, cp: readonly Field[] = []): Frame {
  const { qn, pw, mn } = frame;
  const edition = editionOf(frame);
  const items = cp.map((field) => [field]);
  const common = { st: INTERACTION, cn, pw, mn, flag: flagOf(edition, false) };
  if (qn === undefined) return { ...common, cp: items };
  if (edition === 2005) return { ...common, cp: [[['QN', qn]], ...items] };
  return { ...common, qn, cp: items };
}

/** Sets an instrument's clock (1012, HJ 212-2017, 6.6.1) to the time of its QN. */
export const timeRequest = (
  to: { readonly st: string; readonly pw: string; readonly mn: string; readonly edition: Edition },
  qn: string,
): Frame => ({
  qn,
  st: to.st,
  cn: COMMANDS.setTime,
  pw: to.pw,
  mn: to.mn,
  flag: flagOf(to.edition, true),
  cp: [[['SystemTime', qn.slice(0, 14)]]],
});
