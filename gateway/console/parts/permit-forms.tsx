import type { PermitStatus } from '../../rules/finding.ts';
import { deskApi, type ListedPermit, type PermitAnswer } from '../desk-api.ts';
import { instantIn } from '../permit-time.ts';
import { useKnown } from '../store.ts';
import { dateOf } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { useTold } from './told.ts';

const REASONS = ['continuous-process', 'special-need', 'emergency-repair'] as const;
/** What may become of a filing: revoked by the authority and withdrawn by the applicant are two things. */
const NEXT: Readonly<Record<PermitStatus, readonly PermitStatus[]>> = {
  applied: ['granted', 'refused', 'withdrawn'],
  granted: ['revoked', 'withdrawn'],
  refused: ['granted'],
  revoked: ['granted'],
  withdrawn: ['applied'],
  expired: [],
};

/** Tells what came of it, and which others stand at the same place and time. */
function usePermitTold(onDone: () => void) {
  const { say } = useWords();
  const { tell } = useTold();
  return async (asked: ReturnType<typeof deskApi.addPermit>, id: string): Promise<boolean> => {
    const words = ({ overlaps }: PermitAnswer) =>
      overlaps.length === 0
        ? say('permits.done', { id })
        : say('permits.overlaps', { id, others: overlaps.join(', ') });
    const done = await tell(asked, words);
    if (done !== undefined) onDone();
    return done !== undefined;
  };
}

/** A new filing for one device. */
export function AddPermit({ onDone }: { readonly onDone: () => void }) {
  const { say } = useWords();
  const told = usePermitTold(onDone);
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const now = useKnown((known) => known.site?.now ?? 0);
  const points = useKnown((known) => known.points);
  // Noise of building sites is what filings are for; others may be chosen, too.
  const devices = new Map(
    [...points.values()]
      .toSorted((a, b) => Number(b.scene === 'construction') - Number(a.scene === 'construction'))
      .map(({ device, deviceName }) => [device, deviceName]),
  );
  const night = dateOf(now, zone);
  const next = dateOf(now + 86_400_000, zone);
  const add = ({
    id = '',
    device = '',
    from = '',
    to = '',
    status = '',
    processes = '',
    reason = '',
    note = '',
  }: AskedFields) => {
    const permit = {
      ...{ id, on: { device }, from: instantIn(zone, from), to: instantIn(zone, to), status },
      processes: processes
        .split(/[,，、;；]/)
        .map((each) => each.trim())
        .filter((each) => each !== ''),
      ...(reason === '' ? {} : { reason }),
      ...(note === '' ? {} : { note }),
    };
    return told(deskApi.addPermit(permit), id);
  };
  return (
    <AskButton
      text={say('permits.add')}
      label={say('permits.add')}
      primary
      fields={[
        { kind: 'text', name: 'id', label: say('permits.id'), required: true },
        { kind: 'choice', name: 'device', label: say('permits.device'), required: true, options: [...devices] },
        { kind: 'time', name: 'from', label: say('permits.from'), required: true, value: `${night}T22:00` },
        { kind: 'time', name: 'to', label: say('permits.to'), required: true, value: `${next}T02:00` },
        {
          ...{ kind: 'choice', name: 'status', label: say('permits.status'), required: true },
          options: (['granted', 'applied'] as const).map((status) => [status, say(`permit.${status}`)] as const),
        },
        {
          ...{ kind: 'choice', name: 'reason', label: say('permits.reason') },
          options: REASONS.map((reason) => [reason, say(`permit-reason.${reason}`)] as const),
        },
        { kind: 'text', name: 'processes', label: say('permits.processes') },
        { kind: 'note', name: 'note', label: say('deed.note') },
      ]}
      onAsk={add}
    />
  );
}

/** What may become of one, each with its reason; alarms that it covers change at once. */
export function ChangePermit({ entry, onDone }: { readonly entry: ListedPermit; readonly onDone: () => void }) {
  const { say } = useWords();
  const told = usePermitTold(onDone);
  const { permit, revision } = entry;
  const change = (status: PermitStatus, comment: string) =>
    told(deskApi.changePermit(permit.id, { status, revision, ...(comment === '' ? {} : { comment }) }), permit.id);
  return (
    <div className="deeds">
      {NEXT[permit.status].map((status) => (
        <AskButton
          key={status}
          text={say(`permit-deed.${status}`)}
          label={`${say(`permit-deed.${status}`)}: ${permit.id}`}
          hint={say('permits.at-once')}
          fields={[{ kind: 'note', name: 'note', label: say('deed.note') }]}
          onAsk={({ note = '' }) => change(status, note)}
        />
      ))}
    </div>
  );
}
