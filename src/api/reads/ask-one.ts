// One question to WhatsApp, or one for each number, for a client that waits: stops once it is gone, and says how old the answer is.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type SocketRead, socketAnswers } from '../../instances/socket-answers.ts'
import type { KeptAnswer } from '../../instances/socket-reads.ts'
import { clientGone } from '../client-gone.ts'
import { type AskDeps, askWhatsApp } from './ask-whatsapp.ts'
import { refusalOf } from './refusal-of.ts'

type One = { kind: SocketRead; instanceId: string; subject: string; maxAgeSeconds: number }

/** `shape`: of its kind. Rejects as `askWhatsApp` does, and Problem where WhatsApp refused. */
export async function askOne<Shape extends z.ZodObject>(
  deps: AskDeps,
  reply: FastifyReply,
  { subject, ...of }: One,
  shape: Shape,
) {
  const [one] = await ask(deps, reply, { ...of, subjects: [subject] })
  if (one === undefined) throw new Error(`asking for ${of.kind} of ${subject}: expected one answer, got none`)
  return { ...shape.parse(saidIn(one, of)), ...ageOf(one) }
}

const number = socketAnswers.number
export const numberShown = number.extend({
  number: z.string().describe('in digits, as it was asked for'),
  onWhatsApp: number.shape.onWhatsApp.nullable().describe('null: WhatsApp did not say'),
  code: z.string().nullable().describe('what WhatsApp refused it with, none: it left it out; null: it did not'),
  answeredAt: z.string().describe('when WhatsApp said so'),
})

function showNumber(one: KeptAnswer): z.infer<typeof numberShown> {
  const shown = { number: one.subject, ...ageOf(one) }
  const { answer } = one
  if ('code' in answer) return { ...shown, onWhatsApp: null, id: null, pn: null, code: answer.code }
  return { ...shown, ...number.parse(answer.said), code: null }
}

const isRefused = ({ answer }: KeptAnswer): boolean => 'code' in answer

type Numbers = { instanceId: string; numbers: readonly string[]; maxAgeSeconds: number }

/** `numbers`: in digits. In their order, and as often. Rejects as `askOne` does; where WhatsApp says nothing of any of them, Problem. */
export async function askNumbers(deps: AskDeps, reply: FastifyReply, { numbers, ...of }: Numbers) {
  const wanted = { ...of, kind: 'number', subjects: [...new Set(numbers)] } as const
  const answers = await ask(deps, reply, wanted)
  if (answers.every(isRefused)) for (const one of answers) saidIn(one, wanted)
  const kept = new Map(answers.map(one => [one.subject, showNumber(one)]))
  return numbers.flatMap(number => kept.get(number) ?? [])
}

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
