// /v1/instances/{id}/numbers, and what WhatsApp says now of a person, a group or the account itself: reads that go through its connection.
import { z } from 'zod'
import { groupId, personId } from '../../events/command-bodies/addresses.ts'
import { account, ana, exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { defaultMaxAgeSeconds, type SocketRead, socketAnswers, theAccount } from '../../instances/socket-answers.ts'
import { phoneNumber } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { askNumbers, askOne, numberShown } from './ask-one.ts'
import type { AskDeps } from './ask-whatsapp.ts'

export const maxAge = (kind: SocketRead) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(defaultMaxAgeSeconds[kind])
    .describe('seconds: an answer that is not older will do; 0: WhatsApp is asked')
const answeredAt = z.string().describe('when WhatsApp said so')
const aged = { answeredAt }
const said = { answeredAt: exampleEndAt }
const problems = [403, 404, 409, 502, 504]
const ofPerson = z.object({
  id: z.string(),
  personId: personId.describe('the person, in any form: +55 11 90000-0011, …@lid'),
})

export function readRoutes(app: App, deps: AskDeps): void {
  routeNumbers(app, deps)
  routePicture(app, deps)
  routeAbout(app, deps)
  routeBusiness(app, deps)
  routeGroup(app, deps)
  routePrivacy(app, deps)
  routeBlocklist(app, deps)
}

const found = { number: ana.digits, onWhatsApp: true, id: ana.id, pn: ana.pn, code: null, ...said }

function routeNumbers(app: App, deps: AskDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/numbers/check',
    schema: describeCall('Which of these numbers are on WhatsApp', {
      tag: 'contacts',
      params: z.object({ id: z.string() }),
      body: z
        .strictObject({
          numbers: z.array(phoneNumber).min(1).max(50).describe('with their countries, in any spelling; 1 to 50'),
          maxAge: maxAge('number'),
        })
        .meta({ examples: [{ numbers: ['+55 11 90000-0011'], maxAge: 3_600 }] }),
      answers: { 200: z.object({ numbers: z.array(numberShown) }).meta({ examples: [{ numbers: [found] }] }) },
      problems,
    }),
    handler: async ({ params: { id }, body: { numbers, maxAge } }, reply) => {
      return { numbers: await askNumbers(deps, reply, { instanceId: id, numbers, maxAgeSeconds: maxAge }) }
    },
  })
}

const shown = { pictureId: '1767614400', url: 'https://pps.example.com/v/picture.jpg', ...said }

function routePicture(app: App, deps: AskDeps): void {
  const size = z.enum(['full', 'preview']).default('full').describe('preview: 96 pixels or so')
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts/:personId/picture',
    schema: describeCall('The picture of a person, as WhatsApp shows it to the account', {
      tag: 'contacts',
      params: ofPerson,
      querystring: z.strictObject({ size, maxAge: maxAge('picture') }),
      answers: { 200: socketAnswers.picture.extend(aged).meta({ examples: [shown] }) },
      problems,
    }),
    handler: async ({ params, query }, reply) => {
      const kind = query.size === 'full' ? 'picture' : 'picture-preview'
      const one = { kind, instanceId: params.id, subject: params.personId, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.picture)
    },
  })
}

function routeAbout(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts/:personId/about',
    schema: describeCall('What a person says of themselves', {
      tag: 'contacts',
      params: ofPerson,
      querystring: z.strictObject({ maxAge: maxAge('about') }),
      answers: {
        200: socketAnswers.about.extend(aged).meta({ examples: [{ about: 'No trabalho', setAt: exampleAt, ...said }] }),
      },
      problems,
    }),
    handler: async ({ params: { id, personId }, query }, reply) => {
      const one = { kind: 'about', instanceId: id, subject: personId, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.about)
    },
  })
}

const business = {
  ...{ isBusiness: true, description: 'Bolos e pães', category: 'Bakery', address: 'Rua das Flores, 10' },
  ...{ email: 'loja@example.com', websites: ['https://example.com'], ...said },
}

function routeBusiness(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts/:personId/business',
    schema: describeCall('What a business says of itself', {
      tag: 'contacts',
      params: ofPerson,
      querystring: z.strictObject({ maxAge: maxAge('business') }),
      answers: { 200: socketAnswers.business.extend(aged).meta({ examples: [business] }) },
      problems,
    }),
    handler: async ({ params: { id, personId }, query }, reply) => {
      const one = { kind: 'business', instanceId: id, subject: personId, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.business)
    },
  })
}

const group = {
  ...{ groupId: exampleIds.group, subject: 'Padaria do Bairro', description: 'Pedidos e avisos', ownerId: account.id },
  ...{ ownerPn: account.pn, createdAt: exampleAt, announce: false, restrict: true, memberAdd: false, expiresInSeconds: 0 },
  ...{ isCommunity: false, parentGroupId: null, ...said },
  participants: [
    { id: account.id, pn: account.pn, role: 'superadmin' },
    { id: ana.id, pn: ana.pn, role: null },
  ],
}

function routeGroup(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/groups/:jid/live',
    schema: describeCall('A group as WhatsApp has it now', {
      tag: 'groups',
      params: z.object({ id: z.string(), jid: groupId.describe('the group’s id, with or without @g.us') }),
      querystring: z.strictObject({ maxAge: maxAge('group') }),
      answers: { 200: socketAnswers.group.extend({ groupId: z.string(), ...aged }).meta({ examples: [group] }) },
      problems,
    }),
    handler: async ({ params: { id, jid }, query }, reply) => {
      const one = { kind: 'group', instanceId: id, subject: jid, maxAgeSeconds: query.maxAge } as const
      const said = await askOne(deps, reply, one, socketAnswers.group)
      return { groupId: jid, ...said }
    },
  })
}

const ofAccount = z.object({ id: z.string() })

const seenBy = {
  ...{ lastSeen: 'contacts', online: 'all', picture: 'contacts', about: 'contacts', readReceipts: 'all' },
  ...{ groupsAdd: 'contacts', callsAdd: 'all', defaultExpiresInSeconds: 604_800 },
}

function routePrivacy(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/privacy',
    schema: describeCall('Who sees what of the account', {
      tag: 'profile',
      params: ofAccount,
      querystring: z.strictObject({ maxAge: maxAge('privacy') }),
      answers: { 200: socketAnswers.privacy.extend(aged).meta({ examples: [{ ...seenBy, ...said }] }) },
      problems,
    }),
    handler: async ({ params: { id }, query }, reply) => {
      const one = { kind: 'privacy', instanceId: id, subject: theAccount, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.privacy)
    },
  })
}

function routeBlocklist(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/blocklist',
    schema: describeCall('Whom the account has blocked, as WhatsApp has it now', {
      tag: 'contacts',
      params: ofAccount,
      querystring: z.strictObject({ maxAge: maxAge('blocklist') }),
      answers: {
        200: socketAnswers.blocklist.extend(aged).meta({ examples: [{ contacts: [{ id: ana.id, pn: ana.pn }], ...said }] }),
      },
      problems,
    }),
    handler: async ({ params: { id }, query }, reply) => {
      const one = { kind: 'blocklist', instanceId: id, subject: theAccount, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.blocklist)
    },
  })
}
