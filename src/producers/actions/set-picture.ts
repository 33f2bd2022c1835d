// Gives the account or a group a picture, or takes it away. Baileys' own makes it of whatever it is given, with a library that this process does not
// load (updateProfilePicture of lib/Socket/chats.js): here it is a JPEG already.
import { getBinaryNodeChild } from '@whiskeysockets/baileys'
import type { Acting } from '../socket/acting.ts'
import { ask } from './ask.ts'

/** `target`: a group; none: the account itself. `image`: null takes it away. Answers the picture's id, where WhatsApp says it. */
export async function setPicture(
  acting: Pick<Acting, 'query'>,
  { target, image }: { target?: string; image: Uint8Array | null },
): Promise<string | null> {
  const attrs = { to: 's.whatsapp.net', type: 'set', xmlns: 'w:profile:picture', ...(target !== undefined && { target }) }
  const content = image === null ? [] : [{ tag: 'picture', attrs: { type: 'image' }, content: image }]
  return getBinaryNodeChild(await ask(acting, { tag: 'iq', attrs, content }), 'picture')?.attrs.id ?? null
}
