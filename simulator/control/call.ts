// A call of the control API as plain data: where it is, what it is for, what it takes, and how it is answered.
import type { ZodType } from 'zod'
import type { SimDevice } from '../accounts/device.ts'
import type { Simulator } from '../simulator.ts'
import { parseRequest } from './problem.ts'

export type ControlCall = {
  method: 'GET' | 'POST'
  /** As fastify writes it; `:pn` is the phone number of a linked device. */
  path: string
  about: string
  /** null: no body. */
  takes: ZodType | null
  examples: readonly object[]
  status: number
  /** Throws the problems of control/problem.ts. */
  answer(at: At, body: unknown): unknown
}
/** What a call is answered from. */
export type At = {
  simulator: Simulator
  signal: AbortSignal
  /** The newest companion of the number in the path. Throws a 404 when none is linked. */
  device(): SimDevice
}
type Described = Pick<ControlCall, 'path' | 'about'>

/** A GET without a body. */
export const reads = (call: Described, answer: ControlCall['answer']): ControlCall => ({
  method: 'GET',
  ...call,
  takes: null,
  examples: [],
  status: 200,
  answer,
})

type Taking<Body> = Described & { takes: ZodType<Body>; examples: readonly object[]; status?: number }

/** A POST whose body is what `takes` makes of it. */
export const does = <Body>(call: Taking<Body>, answer: (at: At, body: Body) => unknown): ControlCall => ({
  method: 'POST',
  status: 202,
  ...call,
  answer: (at, body) => answer(at, parseRequest(call.takes, body)),
})
