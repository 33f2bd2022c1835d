// The marker of an album, which goes ahead of its pictures; each of these names it as its parent.
import type { proto } from '@whiskeysockets/baileys'
import type { Body } from './body.ts'
import { interactiveOf } from './interactive.ts'

export function convertAlbum({ albumMessage: album }: proto.IMessage): Body | null {
  if (!album) return null
  const interactive = interactiveOf({ imageCount: album.expectedImageCount, videoCount: album.expectedVideoCount })
  return { kind: 'album', interactive, context: album.contextInfo }
}
