// Interactive messages: lists and reply buttons are ours, which go out as numbered text. Pure.
import { z } from 'zod'
import { optional } from '../dialect.ts'
import { refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'

const written = z.looseObject({ text: z.string() })
const row = z.looseObject({ id: z.string(), title: z.string(), description: optional(z.string()) })

export const interactive = z.looseObject({
  type: z.string(),
  header: optional(
    z.looseObject({
      type: z.literal('text', { error: 'expected text: lists and buttons have no picture, video or document here' }),
      text: z.string(),
    }),
  ),
  body: optional(written),
  footer: optional(written),
  action: z.looseObject({
    button: z.string().optional(),
    sections: z.array(z.looseObject({ title: optional(z.string()), rows: z.array(row) })).optional(),
    buttons: z
      .array(z.looseObject({ type: z.literal('reply'), reply: z.looseObject({ id: z.string(), title: z.string() }) }))
      .optional(),
  }),
})
export type Interactive = z.infer<typeof interactive>

/** Throws Problem. */
export function toChoices({ type, header, body, footer, action }: Interactive) {
  const text = body?.text ?? ''
  const foot = footer === undefined ? {} : { footer: footer.text }
  switch (type) {
    case 'button': {
      const buttons = demand('buttons', action.buttons).map(({ reply }) => ({ id: reply.id, text: reply.title }))
      const head = header === undefined ? {} : { header: header.text }
      return { message: { kind: 'buttons', text, ...head, ...foot, buttons }, names: buttonNames }
    }
    case 'list': {
      const sections = demand('sections', action.sections).map(({ title, rows }) => ({
        ...(title !== undefined && { title }),
        rows: rows.map(({ id, title: named, description }) => ({
          ...{ id, title: named },
          ...(description !== undefined && { description }),
        })),
      }))
      const head = header === undefined ? {} : { title: header.text }
      const message = { kind: 'list', description: text, ...head, ...foot, buttonText: action.button, sections }
      return { message, names: listNames }
    }
    default:
      throw new Problem(
        'not-in-dialect',
        `interactive messages of type ${type.slice(0, 50)} are not sent here: list and button are`,
      )
  }
}

const at = '/interactive'
const buttonNames = {
  ...{ '/text': `${at}/body/text`, '/header': `${at}/header/text`, '/footer': `${at}/footer/text` },
  '/buttons': `${at}/action/buttons`,
}
const listNames = {
  ...{ '/description': `${at}/body/text`, '/title': `${at}/header/text`, '/footer': `${at}/footer/text` },
  ...{ '/buttonText': `${at}/action/button`, '/sections': `${at}/action/sections` },
}

function demand<T>(name: string, part: T | undefined): T {
  if (part !== undefined) return part
  throw refuseFields('pointer', [{ pointer: `${at}/action/${name}`, expected: 'a list', received: 'nothing' }])
}
