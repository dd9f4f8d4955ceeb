import { Button, Spin } from 'antd';
import type { ReactNode } from 'react';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { useDeviceNames, useNaming } from '../naming.ts';
import type { Rights } from '../rights.ts';
import { useKnown } from '../store.ts';
import { dayOf, minuteOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Card } from './card.tsx';
import { useTold } from './told.ts';

const EVERY_MS = 10_000;

/** What keeps alarms from people: shelves, devices out of service, work orders, what chatters; and ending it. */
export function StandingCard({ rights }: { readonly rights: Rights }) {
  const { say } = useWords();
  const naming = useNaming();
  const { tell } = useTold();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const live = useKnown((known) => known.connection === 'live');
  const last = useKnown((known) => known.entries[0]?.sequence);
  const { value, again } = useAsked(deskApi.standing, `${last}`, EVERY_MS);
  const names = useDeviceNames();
  /** `device`, `device/point` or `rule@device/point`. */
  const nameOf = (on: string) => {
    const [rule, place = on] = on.includes('@') ? on.split('@') : [null, on];
    const device = place.split('/')[0] ?? place;
    return [names.get(device) ?? device, rule === null ? '' : naming.rule(rule ?? '')]
      .filter((part) => part !== '')
      .join(' · ');
  };
  const until = (at: number) => say('standing.until', { time: `${dayOf(at, zone)} ${minuteOfDay(at, zone)}` });
  const line = (key: string, what: string, on: string, more: ReactNode, end: object | null) => (
    <li key={key}>
      <div className="link-head">
        <span className="chip">{what}</span> <strong>{nameOf(on)}</strong>
        {end !== null && (
          <Button
            size="small"
            disabled={!live}
            aria-label={say('standing.end-of', { what, name: nameOf(on) })}
            onClick={() => void tell(deskApi.act(end), () => say('standing.ended')).then(again)}
          >
            {say('standing.end')}
          </Button>
        )}
      </div>
      <p className="quiet">{more}</p>
    </li>
  );
  const { shelves = [], outOfService = [], workOrders = [], chattering = [] } = value ?? {};
  const lines = [
    ...shelves.map(({ key, by, note, until: at }) =>
      line(
        `s ${key}`,
        say('event.shelved'),
        key,
        `${naming.who(by)} · ${note} · ${until(at)}`,
        rights.unshelve ? { kind: 'unshelve', alarm: key } : null,
      ),
    ),
    ...outOfService.map(({ on, owner, note, end }) =>
      line(
        ...([`o ${on}`, say('event.out-of-service'), on] as const),
        `${say('service.owner')}: ${owner} · ${note} · ${end === null ? say('standing.no-end') : until(end.until)}`,
        rights.service ? { kind: 'in-service', on } : null,
      ),
    ),
    ...workOrders.map(({ on, order, by, note, until: at }) =>
      line(
        ...([`w ${on}`, say('event.device.work-order'), on] as const),
        [order, naming.who(by), note, until(at)].filter((part) => part !== null).join(' · '),
        rights.service ? { kind: 'end-work-order', on } : null,
      ),
    ),
    ...chattering.map((key) => line(`c ${key}`, say('suppressed-by.chatter'), key, '', null)),
  ];
  return (
    <Card title={say('standing.title')}>
      {value === undefined && <Spin />}
      {value !== undefined && lines.length === 0 && <p className="quiet">{say('standing.none')}</p>}
      <ul className="links">{lines}</ul>
    </Card>
  );
}
