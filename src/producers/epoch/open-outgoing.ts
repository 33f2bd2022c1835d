// What an account sends while a session of it is open: what it was asked for, and beside that the signs of messages that are worked on.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { CommandWatch } from '../commands/command-watch.ts'
import { openCommands } from '../commands/commands.ts'
import type { Desk } from '../commands/desk.ts'
import { createSigns } from '../feedback/show-signs.ts'
import type { SignWatch } from '../feedback/sign-watch.ts'

export type OutgoingDeps = Parameters<typeof openCommands>[0] & { commandWatch: CommandWatch; signWatch: SignWatch }
type Of = Parameters<typeof openCommands>[1]
export type OpenOutgoing = Pick<Desk, 'end' | 'close' | 'idle'> & {
  acked(node: BinaryNode): void
  /** The account is logged in. */
  serve(): void
}

export function openOutgoing(deps: OutgoingDeps, of: Of): OpenOutgoing {
  const { commandWatch, signWatch } = deps
  const { instanceId, epoch, socketLife: life } = of.epoch
  const signs = createSigns({ ...deps, ...of, life, claimed: signWatch.claimed })
  const { ring, reserve, end, close, idle, acked } = openCommands(deps, { ...of, send: { ...of.send, relay: signs.relay } })
  const served = { instanceId, epoch, isOver: life.isOver }
  return {
    ...{ end, close, acked },
    serve: () => {
      commandWatch.serve({ ...served, ring, reserve })
      signWatch.serve({ ...served, show: signs.show })
    },
    idle: async () => {
      await idle()
      await signs.idle()
    },
  }
}
