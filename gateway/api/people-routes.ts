import { z } from 'zod';
import { LEVELS } from '../rules/finding.ts';
import { RESPONDERS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import type { ContactView } from './people-desk.ts';

const textShape = z.object({ zh: z.string(), en: z.string() });
const contactShape = z.object({
  id: z.string(),
  name: z.string(),
  phone: z.string().nullable().describe('Masked: 138****5678'),
  roles: z.array(z.string()).readonly(),
  grids: z.array(z.string()).readonly(),
  devices: z.array(z.string()).readonly(),
  hasAccount: z.boolean().describe('Who has none gets a one-time link when he is sent'),
});
const teamShape = z.object({ id: z.string(), name: z.string(), people: z.array(z.string()).readonly() });
const peopleShape = z.object({
  contacts: z.array(contactShape).readonly(),
  teams: z.array(teamShape).readonly(),
  channels: z.array(z.object({ id: z.string(), kind: z.string() })).readonly(),
});
const levelTimes = z.partialRecord(z.enum(LEVELS), z.number());
const planShape = z.object({
  id: z.string(),
  title: textShape,
  steps: z.record(z.string(), levelTimes).describe('Milliseconds from the step before it, by level'),
  escalate: z.object({ everyMs: z.number(), tiers: z.number() }),
});
const ruleShape = z.object({
  id: z.string(),
  title: textShape,
  kind: z.string(),
  basis: z.string().nullable(),
  measure: z.string().nullable(),
  levels: z
    .partialRecord(z.enum(LEVELS), z.looseObject({}))
    .describe('The limit of each level: above, atLeast, below, atMost, outside or is'),
  respond: z.string().nullable().describe('The response plan'),
});

/** What is left of a person for one who neither sends nor is sent: that there is somebody, and for what. */
const masked = (contact: ContactView): ContactView => ({
  ...contact,
  name: `${[...contact.name][0] ?? ''}*`,
  phone: null,
  devices: [],
});

/** Who may be sent, how long they have for it, and what rules judge by. */
export function addPeopleRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/people',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Contacts, teams and channels of people.yaml: whom one may send, and by which ways they are called',
        description:
          'Numbers are masked. Those who may not respond (viewer, installer) see names masked, too, and no numbers; teams keep their names.',
        response: { 200: peopleShape },
      },
    },
    async (request) => {
      const people = context.people();
      if (RESPONDERS.includes(sessionOf(request).role)) return people;
      return { ...people, contacts: people.contacts.map(masked) };
    },
  );

  app.get(
    '/api/v1/plans',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Response plans (处置时限): their titles, and the time of each step by level',
        description: 'Of a site in emergency response the times are those of routine; an alarm’s own clocks count.',
        response: { 200: z.object({ plans: z.array(planShape).readonly() }) },
      },
    },
    async () => ({ plans: context.plans() }),
  );

  app.get(
    '/api/v1/rules',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The rules that run: their titles, measures and the limit of each level',
        response: { 200: z.object({ rules: z.array(ruleShape).readonly() }) },
      },
    },
    async () => ({ rules: context.rules() }),
  );
}
