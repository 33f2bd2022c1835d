// All there are: whoever adds one adds it here, and it runs where the role processors does.
import { catchUpHistory } from './catch-up-history.ts'
import { downloadMedia } from './download-media.ts'
import { expireIncoming } from './expire-incoming.ts'
import type { ProcessorEntry, TimerEntry } from './processor.ts'
import { storeMedia } from './store-media.ts'
import { takeHistory } from './take-history.ts'
import { expireUploads } from './uploads/expire-uploads.ts'

export const processors: readonly ProcessorEntry[] = [downloadMedia, storeMedia, takeHistory]
export const timers: readonly TimerEntry[] = [expireIncoming, catchUpHistory, expireUploads]
