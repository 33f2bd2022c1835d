// A group's picture was set or removed (handlePictureNotification in whatsmeow notification.go). A contact's is `unknown`.
import { pairOf } from '../stanza-identity.ts'
import { updated } from './group-changes.ts'
import type { ConvertChild } from './said.ts'

export const groupPicture: ConvertChild = ({ tag, attrs }, of) => {
  const pictureId = tag === 'set' ? attrs.id : tag === 'delete' ? '' : undefined
  if (pictureId === undefined) return null
  const said = updated(of, of.origin.stanza.chat.id, { pictureId })
  if (!attrs.author) return [said]
  const { sender } = of.origin.stanza
  const { id, pn } = pairOf(attrs.author, [attrs.author_lid], [attrs.author_pn])
  const author = { authorId: id, authorPn: pn ?? (id === sender.id ? sender.pn : null) }
  return [origin => Object.assign(said(origin), author)]
}
