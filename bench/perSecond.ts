/** Runs `work` for each number below `count`, so many at once; operations per second, or per second of this process's CPU time. */
export async function perSecond(
  count: number,
  { atOnce, clock }: { atOnce: number; clock: "wall" | "cpu" },
  work: (index: number) => Promise<unknown> | unknown,
): Promise<number> {
  let next = 0;
  const startedAt = performance.now();
  const usage = process.cpuUsage();
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(usage);
  const elapsedMs = clock === "cpu" ? (user + system) / 1000 : performance.now() - startedAt;
  return (count / elapsedMs) * 1000;
}
