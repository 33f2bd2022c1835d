// The body of Evolution API's sendStatus, a text or a file, and the status that it asks for. Pure.
import { z } from 'zod'
import type { fonts } from '../../events/command-bodies/statuses.ts'
import { given, optional } from '../dialect.ts'
import { calling, type File, file } from './file-bodies.ts'

const kinds = { image: 'image', video: 'video', audio: 'voice' } as const
const types = ['text', 'image', 'video', 'audio'] as const

/** What it is as a file; null: none. */
const content = z.string().transform(said => ({ said, file: file.safeParse(said).data ?? null }))

/** Those from 3 on are of phones that nobody has any more. */
const fontOf = (number: number | undefined): (typeof fonts)[number] | undefined =>
  number === 1 ? 'system-text' : number === 2 ? 'script' : undefined

const body = z
  .object({
    ...{ type: z.enum(types), content, caption: optional(z.string()) },
    ...{ backgroundColor: optional(z.string()), font: optional(z.int().min(0).max(5)) },
    ...{ allContacts: optional(z.boolean()), statusJidList: optional(z.array(z.string())) },
  })
  .check(({ value, issues }) => {
    const refuse = (field: string, message: string) => issues.push({ code: 'custom', path: [field], message, input: undefined })
    if (value.type !== 'text' && value.content.file === null)
      refuse('content', 'expected an http or https URL, or a file in base64')
    if (value.allContacts !== true && value.statusJidList === undefined)
      refuse('statusJidList', 'expected who sees it, or allContacts: true')
  })
type Said = z.infer<typeof body>

const audienceOf = ({ allContacts, statusJidList }: Said) =>
  allContacts === true ? { contacts: 'known' } : { chatIds: statusJidList }

export const sendStatus = calling('sendStatus', 'content', body, said => {
  const { type, caption, backgroundColor, font } = said
  const status = { chatId: 'status', audience: audienceOf(said) }
  if (type === 'text') return textOf(said, { ...status, ...given({ backgroundColor, font: fontOf(font) }) })
  const looks = type === 'audio' ? given({ backgroundColor }) : given({ caption })
  return { kind: kinds[type], file: fileOf(said), message: { ...status, kind: kinds[type], ...looks } }
})

const textOf = ({ content: { said } }: Said, status: object) => ({ file: null, message: { ...status, kind: 'text', text: said } })

/** That there is one was checked. */
function fileOf({ content }: Said): File {
  if (content.file === null) throw new Error('posting a file as a status: expected one, got none')
  return content.file
}
