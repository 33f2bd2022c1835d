// /v1/instances/{id}/numbers, and what WhatsApp says now of a person or a group: reads that go through the account's connection.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { groupId, personId } from '../../events/command-bodies/addresses.ts'
import { defaultMaxAgeSeconds, type SocketRead, socketAnswers } from '../../instances/socket-answers.ts'
import type { KeptAnswer } from '../../instances/socket-reads.ts'
import { phoneNumber } from '../chat-address.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { type AskDeps, askWhatsApp } from './ask-whatsapp.ts'
import { refusalOf } from './refusal-of.ts'

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
}

function routeNumbers(app: App, deps: AskDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/numbers/check',
    schema: describeCall('Which of these numbers are on WhatsApp', {
      tag: 'contacts',
      params: z.object({ id: z.string() }),
      body: z.strictObject({
        numbers: z.array(phoneNumber).min(1).max(50).describe('with their countries, in any spelling; 1 to 50'),
        maxAge: maxAge('number'),
      }),
      answers: {
        200: z.object({
          numbers: z.array(numberShown),
        }),
      },
      problems,
    }),
    handler: async ({ params: { id }, body: { numbers, maxAge } }, reply) => {
      const subjects = [...new Set(numbers)]
      const wanted = { instanceId: id, kind: 'number', subjects, maxAgeSeconds: maxAge } as const
      const answers = await ask(deps, reply, wanted)
      if (answers.every(isRefused)) for (const one of answers) saidIn(one, wanted)
      const kept = new Map(answers.map(one => [one.subject, showNumber(one)]))
      return { numbers: numbers.flatMap(number => kept.get(number) ?? []) }
    },
  })
}

const number = socketAnswers.number
const numberShown = number.extend({
  number: z.string().describe('in digits, as it was asked for'),
  onWhatsApp: number.shape.onWhatsApp.nullable().describe('null: WhatsApp did not say'),
  code: z.string().nullable().describe('what WhatsApp refused it with, none: it left it out; null: it did not'),
  ...aged,
})

function showNumber(one: KeptAnswer): z.infer<typeof numberShown> {
  const shown = { number: one.subject, ...ageOf(one) }
  const { answer } = one
  if ('code' in answer) return { ...shown, onWhatsApp: null, id: null, pn: null, code: answer.code }
  return { ...shown, ...number.parse(answer.said), code: null }
}

const isRefused = ({ answer }: KeptAnswer): boolean => 'code' in answer

function routePicture(app: App, deps: AskDeps): void {
  const size = z.enum(['full', 'preview']).default('full').describe('preview: 96 pixels or so')
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts/:personId/picture',
    schema: describeCall('The picture of a person, as WhatsApp shows it to the account', {
      tag: 'contacts',
      params: ofPerson,
      querystring: z.strictObject({ size, maxAge: maxAge('picture') }),
      answers: { 200: socketAnswers.picture.extend(aged) },
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
      answers: { 200: socketAnswers.about.extend(aged) },
      problems,
    }),
    handler: async ({ params: { id, personId }, query }, reply) => {
      const one = { kind: 'about', instanceId: id, subject: personId, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.about)
    },
  })
}

function routeBusiness(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts/:personId/business',
    schema: describeCall('What a business says of itself', {
      tag: 'contacts',
      params: ofPerson,
      querystring: z.strictObject({ maxAge: maxAge('business') }),
      answers: { 200: socketAnswers.business.extend(aged) },
      problems,
    }),
    handler: async ({ params: { id, personId }, query }, reply) => {
      const one = { kind: 'business', instanceId: id, subject: personId, maxAgeSeconds: query.maxAge } as const
      return askOne(deps, reply, one, socketAnswers.business)
    },
  })
}

function routeGroup(app: App, deps: AskDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/groups/:jid/live',
    schema: describeCall('A group as WhatsApp has it now', {
      tag: 'groups',
      params: z.object({ id: z.string(), jid: groupId.describe('the group’s id, with or without @g.us') }),
      querystring: z.strictObject({ maxAge: maxAge('group') }),
      answers: { 200: socketAnswers.group.extend({ groupId: z.string(), ...aged }) },
      problems,
    }),
    handler: async ({ params: { id, jid }, query }, reply) => {
      const one = { kind: 'group', instanceId: id, subject: jid, maxAgeSeconds: query.maxAge } as const
      const said = await askOne(deps, reply, one, socketAnswers.group)
      return { groupId: jid, ...said }
    },
  })
}

type One = { kind: SocketRead; instanceId: string; subject: string; maxAgeSeconds: number }

/** `shape`: of its kind. */
async function askOne<Shape extends z.ZodObject>(deps: AskDeps, reply: FastifyReply, { subject, ...of }: One, shape: Shape) {
  const [one] = await ask(deps, reply, { ...of, subjects: [subject] })
  if (one === undefined) throw new Error(`asking for ${of.kind} of ${subject}: expected one answer, got none`)
  return { ...shape.parse(saidIn(one, of)), ...ageOf(one) }
}

/** Stops waiting once the client is gone. */
async function ask(deps: AskDeps, reply: FastifyReply, wanted: Parameters<typeof askWhatsApp>[1]) {
  const answers = await askWhatsApp(deps, wanted, clientGone(reply))
  reply.header('age', String(Math.max(...answers.map(({ ageSeconds }) => ageSeconds))))
  return answers
}

/** Throws Problem where WhatsApp refused. */
function saidIn({ subject, answer }: KeptAnswer, { kind, instanceId }: { kind: SocketRead; instanceId: string }): unknown {
  if ('code' in answer) throw refusalOf({ kind, instanceId, subject, code: answer.code })
  return answer.said
}

const ageOf = ({ answeredAt }: KeptAnswer) => ({ answeredAt: new Date(answeredAt).toISOString() })
