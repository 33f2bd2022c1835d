// All there are: whoever adds one adds it here, and it runs where the role processors does.
import { downloadMedia } from './download-media.ts'
import { expireIncoming } from './expire-incoming.ts'
import type { ProcessorEntry, TimerEntry } from './processor.ts'
import { storeMedia } from './store-media.ts'

export const processors: readonly ProcessorEntry[] = [downloadMedia, storeMedia]
export const timers: readonly TimerEntry[] = [expireIncoming]
