// The timer of a chat between two, as the message that sets it on the devices of both (whatsmeow's send.go, SetDisappearingTimer). Whoever hears of
// two keeps to the one that says the later instant: that of asking, so that one that waited is not newer than what the phone did meanwhile.
import { proto } from '@whiskeysockets/baileys'
import type { Timer } from '../../events/command-bodies/timer.ts'
import type { BuildWith, Built } from './build-message.ts'

const { EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type

export const setTimer = ({ expiresInSeconds }: Timer, { askedAt }: Pick<BuildWith, 'askedAt'>): Built => ({
  content: {
    protocolMessage: {
      type: EPHEMERAL_SETTING,
      ephemeralExpiration: expiresInSeconds,
      ephemeralSettingTimestamp: Math.floor(askedAt / 1000),
    },
  },
})
