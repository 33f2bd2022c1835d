// Whether a service can run here: null, or one sentence how to get it. Asking fetches what can be fetched.
import { requireRegistry } from './registry.ts'
import { whyMissing } from './require-service.ts'
import { requireS3 } from './s3.ts'

export const s3Available = () => whyMissing(requireS3)
export const registryAvailable = () => whyMissing(requireRegistry)
