// Closures whose state has no name yet, with the number of their `let`s: to be mended, never added to.
export const allowedClosures: Readonly<Record<string, number>> = {
  'src/cli/qr-screen.ts#openTerminal': 4,
  'src/log/engine/lane-partition.ts#createLanePartition': 5,
  'src/log/kafka/fetcher.ts#createKafkaFetcher': 4,
  'src/log/kafka/group.ts#createKafkaGroup': 4,
  'src/log/kafka/membership.ts#joinKafkaGroup': 8,
  'src/log/kafka/reader.ts#createKafkaReader': 7,
  'src/log/postgres/assignment.ts#joinGroup': 4,
  'src/producers/auth/auth-state.ts#openAuthState': 5,
  'src/producers/epoch/instance-voice.ts#createInstanceVoice': 4,
  'src/producers/epoch/instance.ts#openInstance': 9,
  'src/producers/gate/append-queue.ts#openAppendQueue': 4,
  'src/producers/socket/socket-life.ts#createSocketLife': 4,
  'src/projections/joint-steps.ts#createJointSteps': 4,
  'src/projections/partition.ts#openPartition': 5,
}
