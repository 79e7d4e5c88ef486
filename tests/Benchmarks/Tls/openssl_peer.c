/*
 * What tests/Benchmarks/Tls does with our TLS, done with OpenSSL's: the same handshakes, bytes and garbage, in memory and on
 * one thread, measured with the same clock. In C because libssl is a C library and its own `openssl speed` and `s_time`
 * neither ask for the client's certificate nor say what each side costs; a binding in between would be measured with it.
 *
 *   openssl-peer handshakes FOLDER SUITE COUNT
 *   openssl-peer bulk       FOLDER SUITE MEBIBYTES
 *   openssl-peer memory     FOLDER SUITE HANDSHAKES GARBAGE
 *
 * FOLDER holds root.pem, and client and server each as .pem and .key. One line of JSON on standard output.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 16 * 1024, PIPE = 64 * 1024, WARM_UP = 200, SAMPLES = 10, GARBAGE_MAX = 2000, KINDS = 5 };

static SSL_CTX *client_context, *server_context;
static double client_us, server_us; /* CPU time of each side */

static void die(const char *what) {
  fprintf(stderr, "openssl-peer: %s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static double clock_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

#define COUNTED(side, work) do { \
    double begin = clock_us(CLOCK_THREAD_CPUTIME_ID); \
    work; \
    side += clock_us(CLOCK_THREAD_CPUTIME_ID) - begin; \
  } while (0)

static long rss_kib(void) {
  char line[256];
  long kib = 0;
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) die("/proc/self/status");
  while (fgets(line, sizeof line, status))
    if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  fclose(status);
  return kib;
}

static SSL_CTX *context(const SSL_METHOD *method, const char *folder, const char *name, const char *suite) {
  char path[4096];
  SSL_CTX *made = SSL_CTX_new(method);
  if (!made) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(made, 0);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  if (SSL_CTX_set_ciphersuites(made, suite) != 1) die(suite);
  if (SSL_CTX_set1_groups_list(made, "X25519") != 1) die("X25519");
  snprintf(path, sizeof path, "%s/root.pem", folder);
  if (SSL_CTX_load_verify_locations(made, path, NULL) != 1) die(path);
  snprintf(path, sizeof path, "%s/%s.pem", folder, name);
  if (SSL_CTX_use_certificate_chain_file(made, path) != 1) die(path);
  snprintf(path, sizeof path, "%s/%s.key", folder, name);
  if (SSL_CTX_use_PrivateKey_file(made, path, SSL_FILETYPE_PEM) != 1) die(path);
  return made;
}

static SSL *over(SSL_CTX *ctx, BIO *bio, int is_server) {
  SSL *ssl = SSL_new(ctx);
  if (!ssl) die("SSL_new");
  SSL_set_bio(ssl, bio, bio);
  if (is_server) SSL_set_accept_state(ssl); else SSL_set_connect_state(ssl);
  return ssl;
}

/* --- handshakes: connect, and a byte there and back ------------------------------------------------------------- */

struct pair { SSL *client, *server; };

static int step(SSL *ssl) {
  int result = SSL_do_handshake(ssl);
  if (result == 1) return 1;
  if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) die("handshake");
  return 0;
}

static struct pair connected(void) {
  struct pair pair;
  BIO *near, *far;
  char byte = 'x';
  int client_done = 0, server_done = 0;
  if (BIO_new_bio_pair(&near, PIPE, &far, PIPE) != 1) die("BIO pair");
  COUNTED(server_us, pair.server = over(server_context, far, 1));
  COUNTED(client_us, pair.client = over(client_context, near, 0));
  while (!client_done || !server_done) {
    if (!client_done) COUNTED(client_us, client_done = step(pair.client));
    if (!server_done) COUNTED(server_us, server_done = step(pair.server));
  }
  COUNTED(client_us, if (SSL_write(pair.client, &byte, 1) != 1) die("write"));
  COUNTED(server_us, if (SSL_read(pair.server, &byte, 1) != 1 || SSL_write(pair.server, &byte, 1) != 1) die("echo"));
  COUNTED(client_us, if (SSL_read(pair.client, &byte, 1) != 1) die("read"));
  return pair;
}

static void handshakes(long count) {
  client_us = server_us = 0;
  for (long i = 0; i < count; i++) {
    struct pair pair = connected();
    COUNTED(client_us, SSL_free(pair.client));
    COUNTED(server_us, SSL_free(pair.server));
  }
}

/* --- bulk -------------------------------------------------------------------------------------------------------- */

static void bulk(long mebibytes) {
  static char sent[CHUNK], received[CHUNK];
  struct pair pair = connected();
  client_us = server_us = 0;
  for (long i = 0; i < mebibytes * 1024 * 1024 / CHUNK; i++) {
    COUNTED(client_us, if (SSL_write(pair.client, sent, CHUNK) != CHUNK) die("write"));
    COUNTED(server_us, if (SSL_read(pair.server, received, CHUNK) != CHUNK) die("read"));
  }
  SSL_free(pair.client);
  SSL_free(pair.server);
}

/* --- garbage: the same five kinds as in Garbage.cs ---------------------------------------------------------------- */

static unsigned char hello[GARBAGE_MAX];
static int hello_bytes;

static void make_hello(void) {
  BIO *near, *far;
  if (BIO_new_bio_pair(&near, PIPE, &far, PIPE) != 1) die("BIO pair");
  SSL *ssl = over(client_context, near, 0);
  step(ssl);
  hello_bytes = BIO_read(far, hello, sizeof hello);
  if (hello_bytes <= 0) die("hello");
  SSL_free(ssl);
  BIO_free(far);
}

/* The server hears each piece as it comes; 1 once it has refused. */
static int hear(SSL *server, BIO *attacker, const unsigned char *bytes, int count) {
  if (BIO_write(attacker, bytes, count) != count) die("garbage");
  int result = SSL_do_handshake(server);
  if (result == 1) die("garbage was accepted");
  return SSL_get_error(server, result) != SSL_ERROR_WANT_READ;
}

static void garbage_once(long number) {
  unsigned char noise[GARBAGE_MAX];
  BIO *near, *far;
  int count = 6 + rand() % (GARBAGE_MAX - 6), cut = 1 + rand() % (hello_bytes - 1);
  for (int k = 0; k < count; k++) noise[k] = (unsigned char)rand();
  if (BIO_new_bio_pair(&near, PIPE, &far, PIPE) != 1) die("BIO pair");
  SSL *server = over(server_context, far, 1);
  switch (number % KINDS) {
    case 0: hear(server, near, noise, count); break;
    case 1: hear(server, near, hello, cut); break;
    case 2:
      for (int k = 0; k < cut && !hear(server, near, hello + k, 1); k++) {}
      break;
    case 3:
      if (!hear(server, near, hello, hello_bytes)) hear(server, near, noise, count);
      break;
    default:
      noise[0] = 23; noise[1] = 3; noise[2] = 3; noise[3] = (unsigned char)((count - 5) >> 8); noise[4] = (unsigned char)(count - 5);
      if (!hear(server, near, hello, hello_bytes)) hear(server, near, noise, count);
  }
  BIO_shutdown_wr(near);
  if (SSL_do_handshake(server) == 1) die("garbage was accepted");
  ERR_clear_error();
  SSL_free(server);
  BIO_free(near);
}

static void memory(long count, long garbage) {
  make_hello();
  handshakes(WARM_UP);
  printf("{\"rss_start_kib\":%ld,\"rss_handshakes_kib\":[", rss_kib());
  for (int i = 0; i < SAMPLES; i++) {
    handshakes(count / SAMPLES);
    printf("%s%ld", i ? "," : "", rss_kib());
  }
  printf("],\"rss_garbage_kib\":[");
  for (int i = 0; i < SAMPLES; i++) {
    for (long k = 0; k < garbage / SAMPLES; k++) garbage_once(k);
    printf("%s%ld", i ? "," : "", rss_kib());
  }
  printf("]}\n");
}

int main(int argc, char **argv) {
  if (argc < 5) die("usage: openssl-peer handshakes|bulk|memory FOLDER SUITE COUNT [GARBAGE]");
  client_context = context(TLS_client_method(), argv[2], "client", argv[3]);
  server_context = context(TLS_server_method(), argv[2], "server", argv[3]);
  long count = atol(argv[4]);
  if (!strcmp(argv[1], "handshakes")) {
    handshakes(WARM_UP);
    double process = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    handshakes(count);
    printf("{\"count\":%ld,\"client_cpu_us\":%.0f,\"server_cpu_us\":%.0f,\"process_cpu_us\":%.0f}\n", count, client_us, server_us,
           clock_us(CLOCK_PROCESS_CPUTIME_ID) - process);
  } else if (!strcmp(argv[1], "bulk")) {
    bulk(count);
    printf("{\"mebibytes\":%ld,\"send_cpu_us\":%.0f,\"receive_cpu_us\":%.0f}\n", count, client_us, server_us);
  } else if (!strcmp(argv[1], "memory") && argc == 6) {
    memory(count, atol(argv[5]));
  } else {
    die("no such benchmark");
  }
  return 0;
}
