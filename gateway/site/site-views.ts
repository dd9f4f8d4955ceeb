import type { PeopleView, PlanView, RuleView } from '../api/people-desk.ts';
import type { GatewaySite } from '../kinds.ts';
import { maskedPhone, NOBODY, type People } from '../notify/people.ts';

/** What a site says of people, plans and rules, as the API shows it. */
export interface SiteViews {
  people(): PeopleView;
  plans(): readonly PlanView[];
  rules(): readonly RuleView[];
}

/** Who may be called or sent. Numbers leave the site masked, and addresses not at all. */
export function peopleView(people: People | null | undefined, channels: GatewaySite['channels']): PeopleView {
  const { contacts, teams } = people ?? NOBODY;
  return {
    contacts: contacts.map(({ id, name, phone, roles, grids, devices, account }) => ({
      ...{ id, name, roles, grids, devices },
      phone: phone === undefined ? null : maskedPhone(phone),
      hasAccount: account !== undefined,
    })),
    teams: teams.map(({ id, name, people: ids }) => ({ id, name, people: ids })),
    channels: channels.map(({ id, kind }) => ({ id, kind })),
  };
}

const plansView = ({ plans }: Pick<GatewaySite, 'plans'>): readonly PlanView[] =>
  plans.map(({ id, title, steps, escalate }) => ({ id, title, steps: { ...steps }, escalate }));

const rulesView = ({ rules }: Pick<GatewaySite, 'rules'>): readonly RuleView[] =>
  rules.map((rule) => ({
    ...{ id: rule.id, title: rule.title, kind: rule.kind, basis: rule.basis ?? null, respond: rule.respond ?? null },
    measure: 'measure' in rule ? rule.measure.kind : null,
    // A level that is left out is not there at all.
    levels: 'levels' in rule ? (rule.levels as RuleView['levels']) : {},
  }));

/** The views of the site that runs. */
export const siteViews = (site: () => GatewaySite): SiteViews => ({
  people: () => peopleView(site().people, site().channels),
  plans: () => plansView(site()),
  rules: () => rulesView(site()),
});
