declare module "ioredis-4" {
  interface Client {
    status: string;
    disconnect(): void;
    once(event: string, listener: () => void): unknown;
  }
  const Redis: (new (
    port: number,
    host: string,
  ) => Client) & {
    Cluster: new (nodes: { host: string; port: number }[]) => Client;
  };
  export default Redis;
}
