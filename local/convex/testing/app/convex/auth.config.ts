export default {
  providers: [
    {
      type: "customJwt",
      issuer: "https://issuer.test",
      jwks: process.env.TEST_JWKS,
      algorithm: "ES256",
    },
  ],
};
