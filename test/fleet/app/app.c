/*
 * The application the fleet runs: one static binary, so that an image is one small layer.
 *
 *   GET /health      200, or 503 for ever when APP_HEALTH=never
 *   GET /slow?ms=N   answers after N milliseconds
 *   GET /env         APP_ENV, so that a test can tell which environment variables are in force
 *   GET anything     the version; with APP_UPSTREAM=host:port the answer of that server instead
 *
 * APP_START=exit ends at once with code 3. On SIGTERM it accepts no more connections, finishes the requests
 * it has, and exits with 0; with APP_STOP_MS=N it goes on serving for N milliseconds before that.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;
static atomic_int in_flight;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : otherwise;
}

static void pause_for(long milliseconds) {
  struct timespec length = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  while (nanosleep(&length, &length) == -1 && errno == EINTR) {
  }
}

/* Milliseconds since the first call with this moment, which must be zero at first. */
static long since(struct timespec *moment) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (moment->tv_sec == 0) *moment = now;
  return (now.tv_sec - moment->tv_sec) * 1000L + (now.tv_nsec - moment->tv_nsec) / 1000000L;
}

static void write_all(int socket, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = send(socket, bytes, length, MSG_NOSIGNAL);
    if (written <= 0) return;
    bytes += written;
    length -= (size_t)written;
  }
}

static void answer(int client, int status, const char *body) {
  char response[4096];
  int length = snprintf(response, sizeof response,
                        "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                        "X-Version: %s\r\nConnection: close\r\n\r\n%s",
                        status, status == 200 ? "OK" : "Unavailable", strlen(body),
                        setting("APP_VERSION", "?"), body);
  write_all(client, response, (size_t)length);
}

static int dial(const char *upstream) {
  char host[256];
  const char *colon = strrchr(upstream, ':');
  if (colon == NULL || (size_t)(colon - upstream) >= sizeof host) return -1;
  memcpy(host, upstream, (size_t)(colon - upstream));
  host[colon - upstream] = '\0';
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) return -1;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (server >= 0 && connect(server, found->ai_addr, found->ai_addrlen) != 0) {
    close(server);
    server = -1;
  }
  freeaddrinfo(found);
  return server;
}

/* The upstream closes after its answer, as this program does, so copying to the end copies it whole. */
static void forward(int client, const char *request, size_t length, const char *upstream) {
  int server = dial(upstream);
  if (server < 0) {
    answer(client, 503, "upstream is not there\n");
    return;
  }
  write_all(server, request, length);
  char bytes[4096];
  ssize_t count;
  while ((count = recv(server, bytes, sizeof bytes, 0)) > 0) write_all(client, bytes, (size_t)count);
  close(server);
}

static void *serve(void *argument) {
  int client = (int)(long)argument;
  char request[8192];
  size_t length = 0;
  while (length < sizeof request - 1) {
    ssize_t count = recv(client, request + length, sizeof request - 1 - length, 0);
    if (count <= 0) break;
    length += (size_t)count;
    request[length] = '\0';
    if (strstr(request, "\r\n\r\n") != NULL) break;
  }
  request[length] = '\0';
  char path[1024] = "", body[1024];
  long milliseconds = 0;
  if (sscanf(request, "%*15s %1023s", path) == 1) {
    const char *upstream = setting("APP_UPSTREAM", "");
    if (strncmp(path, "/slow", 5) == 0 && sscanf(path, "/slow?ms=%ld", &milliseconds) == 1) pause_for(milliseconds);
    if (*upstream != '\0') {
      forward(client, request, length, upstream);
    } else if (strcmp(path, "/health") == 0 && strcmp(setting("APP_HEALTH", "ok"), "never") == 0) {
      answer(client, 503, "not healthy\n");
    } else if (strcmp(path, "/env") == 0) {
      snprintf(body, sizeof body, "%s\n", setting("APP_ENV", ""));
      answer(client, 200, body);
    } else {
      snprintf(body, sizeof body, "%s\n", setting("APP_VERSION", "?"));
      answer(client, 200, body);
    }
  }
  /* Closing with unread input resets the connection; reading to the end lets the answer arrive. */
  shutdown(client, SHUT_WR);
  struct timeval patience = {.tv_sec = 2};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (recv(client, request, sizeof request, 0) > 0) {
  }
  close(client);
  atomic_fetch_sub(&in_flight, 1);
  return NULL;
}

int main(void) {
  struct sigaction on_stop = {.sa_handler = stop};
  sigaction(SIGTERM, &on_stop, NULL);
  sigaction(SIGINT, &on_stop, NULL);
  if (strcmp(setting("APP_START", "serve"), "exit") == 0) {
    fprintf(stderr, "configured to exit at once\n");
    return 3;
  }

  const char *port = setting("APP_PORT", "5000");
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *any;
  if (getaddrinfo(NULL, port, &hints, &any) != 0) return 1;
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, any->ai_addr, any->ai_addrlen) != 0 || listen(listener, 512) != 0) {
    perror("listen");
    return 1;
  }
  freeaddrinfo(any);
  printf("%s listens on %s\n", setting("APP_VERSION", "?"), port);
  fflush(stdout);

  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 64 * 1024);
  struct pollfd waiting = {.fd = listener, .events = POLLIN};
  long serves_on = atol(setting("APP_STOP_MS", "0"));
  struct timespec asked = {0};
  while (!stopping || since(&asked) < serves_on) {
    if (poll(&waiting, 1, 100) <= 0) continue;
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    atomic_fetch_add(&in_flight, 1);
    pthread_t thread;
    if (pthread_create(&thread, &detached, serve, (void *)(long)client) != 0) {
      close(client);
      atomic_fetch_sub(&in_flight, 1);
    }
  }
  close(listener);
  while (atomic_load(&in_flight) > 0) pause_for(10);
  return 0;
}
