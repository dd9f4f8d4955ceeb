import { CHANNEL_RULE } from './channel-alarm.ts';
import { LEDGER_ALARM } from './ledger-alarm.ts';

/** Alarms that the gateway raises of itself, by no rule of the site: who raised one ends it, whatever becomes of the rules. */
export const isOwnAlarm = (key: string): boolean => key === LEDGER_ALARM || key.startsWith(`${CHANNEL_RULE}@`);
