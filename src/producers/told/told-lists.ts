// Which lists were told as a whole since the phone was linked: the first time is a snapshot, and whatever differs later has changed.
import { createHash } from 'node:crypto'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import type { Told } from './told.ts'

export type ToldLists = {
  isFirst(list: string): boolean
  /** `durable`: what it told. Never rejects. */
  wasTold(list: string, durable: Promise<void>): void
}

const entity = 'list told'

type Link = Pick<AuthenticationCreds, 'signedIdentityKey'>

/** Names a link of an account: each has an identity key of its own. */
export const linkOf = ({ signedIdentityKey }: Link): string =>
  createHash('sha256').update(signedIdentityKey.public).digest('base64url').slice(0, 16)

/** A list that was told to another link of the account is told anew. */
export async function openToldLists(told: Pick<Told, 'ids' | 'change'>, creds: Link): Promise<ToldLists> {
  const link = linkOf(creds)
  const idOf = (list: string) => `${link} ${list}`
  const known = new Set(await told.ids(entity))
  return {
    isFirst: list => !known.has(idOf(list)),
    wasTold: (list, durable) => {
      if (known.has(idOf(list))) return
      known.add(idOf(list))
      told.change([{ entity, id: idOf(list), fields: { isTold: true } }], durable)
    },
  }
}
