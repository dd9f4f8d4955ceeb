import { Fault, textOf } from '#kit/fault.ts';
import { Slices } from '#kit/slices.ts';
import { openZone } from '#kit/zone.ts';
import { asset } from '../../config/asset.ts';
import type { Fields } from '../../config/merged-fields.ts';
import type { LinkStatus } from '../../drivers/driver.ts';
import type {
  AssetImport,
  DeviceAnswer,
  DeviceAuthor,
  DeviceDesk,
  DeviceView,
  NewDevice,
  PhotoView,
} from '../api/device-desk.ts';
import { type CheckAsset, encodeAssets, readingAssets } from '../commissioning/assets-csv.ts';
import { Photos } from '../commissioning/assets-photos.ts';
import { encodeReport } from '../commissioning/report-html.ts';
import type { Works } from '../reload.ts';
import type { DeviceEdit, SiteTexts } from '../site/device-edits.ts';
import type { SiteDesk } from '../site/site-desk.ts';
import { deviceViews } from './device-views.ts';
import { gatherReport } from './report-data.ts';

/** A device's entry of the register by its schema, before a site is made of it. */
export const checkAsset: CheckAsset = ({ asset: given = {} }) => {
  const read = asset.safeParse(given);
  return read.success ? [] : read.error.issues.map(({ path, message }) => ({ path: ['asset', ...path], message }));
};

/** What installers do to a gateway at work: devices in and out, the register, photos, the commissioning report. */
export class InstallerDesk implements DeviceDesk {
  readonly #works: Works;
  readonly #desk: SiteDesk;
  readonly #photos: Photos;
  readonly #links: () => Readonly<Record<string, LinkStatus>>;
  readonly #version: string;

  constructor(works: Works, desk: SiteDesk, links: () => Readonly<Record<string, LinkStatus>>, version: string) {
    this.#works = works;
    this.#desk = desk;
    this.#photos = new Photos(works.data);
    this.#links = links;
    this.#version = version;
  }

  list(): readonly DeviceView[] {
    return deviceViews(this.#works.present.site);
  }

  adopt(asked: NewDevice, author: DeviceAuthor): Promise<DeviceAnswer> {
    return this.#edit('device-adopted', author, (texts) => this.#desk.worker.edit('adoptDevice', [texts, asked]));
  }

  change(device: string, fields: Fields, author: DeviceAuthor): Promise<DeviceAnswer> {
    return this.#edit('device-changed', author, (texts) =>
      this.#desk.worker.edit('changeDevice', [texts, device, fields]),
    );
  }

  remove(device: string, author: DeviceAuthor): Promise<DeviceAnswer> {
    return this.#edit('device-removed', author, (texts) => this.#desk.worker.edit('removeDevice', [texts, device]));
  }

  exportAssets(): string {
    return encodeAssets(this.list());
  }

  async importAssets(csv: string, author: DeviceAuthor): Promise<AssetImport> {
    const { rows, changes, problems } = await new Slices().run(readingAssets(csv, this.list(), checkAsset));
    const changed = [...changes.keys()];
    const answer = { rows, changed, unchanged: rows - changed.length, problems };
    if (problems.length > 0) return { ...answer, changed: [], status: 'unchanged' };
    if (changed.length === 0) return { ...answer, status: 'unchanged' };
    const applied = await this.#desk.edit((texts) => this.#desk.worker.edit('changeDevices', [texts, changes]), author);
    if (applied.status === 'refused') return applied;
    if (author.isTrial !== true) this.#audit('assets-imported', author, { rows, changed: changed.length });
    return { ...answer, status: applied.status };
  }

  async photos(device: string): Promise<readonly PhotoView[]> {
    return await this.#photos.list(this.#known(device));
  }

  async addPhoto(device: string, bytes: Uint8Array, author: DeviceAuthor): Promise<PhotoView> {
    const photo = await this.#photos.add(this.#known(device), bytes, this.#works.clock.now());
    this.#audit('photo-added', author, { device, photo: photo.name });
    return photo;
  }

  async photo(device: string, name: string): Promise<{ readonly type: string; readonly bytes: Uint8Array }> {
    return await this.#photos.read(this.#known(device), name);
  }

  async removePhoto(device: string, name: string, author: DeviceAuthor): Promise<void> {
    await this.#photos.remove(this.#known(device), name);
    this.#audit('photo-removed', author, { device, photo: name });
  }

  async report(wanted: readonly string[], by: string): Promise<string> {
    const { present, board, live, ledger, clock } = this.#works;
    for (const device of wanted) this.#known(device);
    const { number, hash } = this.#desk.status();
    const report = await gatherReport({
      ...{ site: present.site, board, ledger, by, alarms: live.alarms, links: this.#links() },
      kept: { number, hash },
      version: this.#version,
      clock: clock.trust(),
      at: clock.now(),
      devices: this.list().filter(({ id }) => wanted.length === 0 || wanted.includes(id)),
      photos: (device) => this.#photos.list(device),
      photo: (device, name) => this.#photos.read(device, name),
    });
    return encodeReport(report, openZone(present.site.timeZone));
  }

  async #edit(
    what: string,
    author: DeviceAuthor,
    make: (texts: SiteTexts) => Promise<DeviceEdit>,
  ): Promise<DeviceAnswer> {
    let edit: DeviceEdit | undefined;
    const answer = await this.#desk.edit(async (texts) => {
      edit = await make(texts);
      return edit.changes;
    }, author);
    if (answer.status === 'refused') return answer;
    if (edit === undefined) throw new Error('a change that was taken was never made');
    const { device, file, lines } = edit;
    if (author.isTrial !== true) this.#audit(what, author, { device, file });
    return { ...answer, device, file, lines };
  }

  #known(device: string): string {
    if (this.list().some(({ id }) => id === device)) return device;
    throw new Fault('no-such-device', `the site has no device ${device}`);
  }

  #audit(what: string, { by, from }: DeviceAuthor, detail: object): void {
    const { accounts, clock, log } = this.#works;
    const line = { at: clock.now(), who: by, what, detail, ...(from === undefined ? {} : { from }) };
    accounts.audit(line).catch((error: unknown) => {
      log.error({ what, error: textOf(error) }, 'audit line not stored');
    });
  }
}
