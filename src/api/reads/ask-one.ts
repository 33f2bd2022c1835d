// One question to WhatsApp, or one for each number, for a client that waits: stops once it is gone, and says how old the answer is.
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { type SocketRead, socketAnswers } from '../../instances/socket-answers.ts'
import type { KeptAnswer } from '../../instances/socket-reads.ts'
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

type Numbers = { instanceId: string; numbers: readonly string[]; maxAgeSeconds: number }

/** `numbers`: in digits. In their order, and as often. Rejects as `askOne` does. */
export async function askNumbers(deps: AskDeps, reply: FastifyReply, { numbers, ...of }: Numbers) {
  const wanted = { ...of, kind: 'number', subjects: [...new Set(numbers)] } as const
  const kept = new Map((await ask(deps, reply, wanted)).map(one => [one.subject, one]))
  return numbers.flatMap(number => {
    const one = kept.get(number)
    return one === undefined ? [] : [{ number, ...socketAnswers.number.parse(saidIn(one, wanted)), ...ageOf(one) }]
  })
}

async function ask(deps: AskDeps, reply: FastifyReply, wanted: Parameters<typeof askWhatsApp>[1]) {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const answers = await askWhatsApp(deps, wanted, gone.signal)
  reply.header('age', String(Math.max(...answers.map(({ ageSeconds }) => ageSeconds))))
  return answers
}

/** Throws Problem where WhatsApp refused. */
function saidIn({ subject, answer }: KeptAnswer, { kind, instanceId }: { kind: SocketRead; instanceId: string }): unknown {
  if ('code' in answer) throw refusalOf({ kind, instanceId, subject, code: answer.code })
  return answer.said
}

const ageOf = ({ answeredAt }: KeptAnswer) => ({ answeredAt: new Date(answeredAt).toISOString() })
