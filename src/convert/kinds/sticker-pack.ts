// A pack of stickers that was shared. Its file, a ZIP of them, is left where it is: what it is sealed with is not known here.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, textOf } from './body.ts'
import { interactiveOf } from './interactive.ts'

export function convertStickerPack({ stickerPackMessage: pack }: proto.IMessage): Body | null {
  if (!pack) return null
  return {
    kind: 'sticker',
    text: firstTextOf(pack.caption, pack.name),
    interactive: interactiveOf({
      packId: textOf(pack.stickerPackId),
      name: textOf(pack.name),
      publisher: textOf(pack.publisher),
      description: textOf(pack.packDescription),
      stickerCount: pack.stickers?.length ?? 0,
    }),
    context: pack.contextInfo,
  }
}
