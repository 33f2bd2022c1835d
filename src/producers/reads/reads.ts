// What an account reads of WhatsApp for others, and how each is asked for.
import type { SaidOf, SocketRead } from '../../instances/socket-answers.ts'
import type { SocketAnswer } from '../../instances/socket-reads.ts'
import type { Acting } from '../socket/acting.ts'
import { askNumbers } from '../socket/ask-numbers.ts'
import { readBlocklist, readPrivacy } from './read-account.ts'
import { readGroup } from './read-group.ts'
import { readAbout, readBusiness } from './read-person.ts'
import { readPicture } from './read-picture.ts'

/** By subject; one that is missing was not answered. Rejects as Baileys does. */
export type Read = (acting: Acting, subjects: readonly string[]) => Promise<ReadonlyMap<string, SocketAnswer>>

export const reads: { readonly [Kind in SocketRead]: Read } = {
  about: ofEach(readAbout),
  blocklist: ofEach(readBlocklist),
  business: ofEach(readBusiness),
  group: ofEach(readGroup),
  number: askNumbers,
  picture: ofEach((acting, jid) => readPicture(acting, jid, 'image')),
  'picture-preview': ofEach((acting, jid) => readPicture(acting, jid, 'preview')),
  privacy: ofEach(readPrivacy),
}

/** Those that are asked for by one question, however many. */
export const areAskedTogether = (kind: SocketRead): boolean => kind === 'number'

function ofEach(read: (acting: Acting, subject: string) => Promise<SaidOf<SocketRead>>): Read {
  return async (acting, subjects) => {
    const all = await Promise.all(subjects.map(async subject => [subject, { said: await read(acting, subject) }] as const))
    return new Map(all)
  }
}
