import type { Level } from '../rules/finding.ts';
import type { Language } from './people.ts';

type Words = Readonly<Record<Language, string>>;

/** Words of the glossary that messages use. */
export const LEVEL_WORDS: Readonly<Record<Level, Words>> = {
  blue: { zh: '蓝色', en: 'Blue' },
  yellow: { zh: '黄色', en: 'Yellow' },
  orange: { zh: '橙色', en: 'Orange' },
  red: { zh: '红色', en: 'Red' },
};

/** What is late of a step of the response. */
export const LATE_WORDS: Readonly<Record<string, Words>> = {
  acknowledge: { zh: '超时未确认', en: 'not acknowledged in time' },
  dispatch: { zh: '超时未派单', en: 'nobody dispatched in time' },
  accept: { zh: '超时未接单', en: 'not accepted in time' },
  arrive: { zh: '超时未到场', en: 'not on scene in time' },
  resolve: { zh: '超时未处置', en: 'not dealt with in time' },
  verify: { zh: '超时未复核', en: 'not verified in time' },
};

/** By when the next step of the response is to be done. */
export const DUE_WORDS: Readonly<Record<string, Words>> = {
  acknowledge: { zh: '前确认', en: 'acknowledge by' },
  dispatch: { zh: '前派单', en: 'dispatch by' },
  accept: { zh: '前接单', en: 'accept by' },
  arrive: { zh: '前到场', en: 'on scene by' },
  resolve: { zh: '前处置', en: 'deal with it by' },
  verify: { zh: '前复核', en: 'verify by' },
};

/** States of smoke and gas detectors, of mains and doors. */
export const STATE_WORDS: Readonly<Record<string, Words>> = {
  alarm: { zh: '火警', en: 'fire alarm' },
  test: { zh: '自检', en: 'test' },
  silenced: { zh: '已消音', en: 'silenced' },
  removed: { zh: '探测器被拆除', en: 'detector removed' },
  'low-battery': { zh: '电量低', en: 'low battery' },
  fault: { zh: '故障', en: 'fault' },
  contaminated: { zh: '污染需清洗', en: 'contaminated' },
  'over-temperature': { zh: '温度过高', en: 'over temperature' },
  off: { zh: '市电掉电', en: 'mains lost' },
  open: { zh: '箱门开启', en: 'door open' },
  down: { zh: '链路中断', en: 'link down' },
};

export const PERMIT_WORDS: Readonly<Record<string, Words>> = {
  applied: { zh: '报备已申请未批', en: 'filing applied for' },
  refused: { zh: '报备不予准许', en: 'filing refused' },
  revoked: { zh: '报备已撤销', en: 'filing revoked' },
  withdrawn: { zh: '报备已撤回', en: 'filing withdrawn' },
  expired: { zh: '报备已到期', en: 'filing expired' },
};
