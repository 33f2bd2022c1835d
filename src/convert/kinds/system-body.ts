// What phones show as a line of the conversation rather than as what somebody wrote: payments, calls, kept messages. `action` says which.
import type { Body } from './body.ts'
import { interactiveOf, type Told } from './interactive.ts'

type Said = { text?: string | null; context?: Body['context'] }

/** `action`: what happened, a word of events/interactive-shapes.ts; `told`: what else a program needs of it. */
export const systemBody = (
  action: string,
  told: { readonly [name: string]: Told } = {},
  { text = null, context = null }: Said = {},
): Body => ({ kind: 'system', text, interactive: interactiveOf({ action, ...told }), context })
