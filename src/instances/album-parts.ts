// What an album is made of, as commands: its marker, then each of its items, the first of which replies to what the album does. All of it follows from the album's own command, so that whoever asks for
// the same again asks for the same ones.
import type { KeptAlbum, KeptBody } from '../events/command-bodies.ts'
import { type CommandIds, commandIds } from './command-ids.ts'

export type AlbumPart = { ids: CommandIds; body: KeptBody }
/** `commandId`: of the album as a whole; `body`: as it is kept. */
type Album = { instanceId: string; commandId: string; body: KeptAlbum }

export function albumParts({ instanceId, commandId, body }: Album): readonly AlbumPart[] {
  // No client's key has a line break.
  const idsOf = (place: number) => commandIds({ instanceId, key: `${commandId}\n${place}` })
  const marker = { ids: idsOf(0), body: { ...body, known: { ...body.known, partOf: commandId } } }
  const { chatId, quotedMessageId, known: { quoted, participants } = {} } = body
  const album = { commandId: marker.ids.commandId, messageId: marker.ids.messageId }
  const items = body.items.map((item, at) => {
    const isReply = at === 0 && quotedMessageId !== undefined && quoted !== undefined
    const mentioned = item.mentionAll === true && participants !== undefined && { participants }
    const of = { chatId, ...item, ...(isReply && { quotedMessageId }) }
    return { ids: idsOf(at + 1), body: { ...of, known: { album, ...(isReply && { quoted }), ...mentioned } } }
  })
  return [marker, ...items]
}
