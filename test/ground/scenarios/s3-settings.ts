// The settings that lead zaplog to a bucket on a server of ours.
import type { S3Server } from '../../../infra/services/s3.ts'

export const s3Settings = (
  { endpoint, credentials }: Pick<S3Server, 'endpoint' | 'credentials'>,
  bucket: string,
): Record<string, string> => ({
  S3_BUCKET: bucket,
  S3_ENDPOINT: endpoint,
  S3_REGION: S3_TEST_REGION,
  S3_ACCESS_KEY_ID: credentials.accessKeyId,
  S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
})

export const S3_TEST_REGION = 'us-east-1'
