/* The loss of a document and its gradient, in C99, differentiated by hand.

   WIDTH, HEADS, BLOCKS and POSITIONS are given to the compiler, so that it knows the length of
   every loop. Theta holds the matrices in the order of `Shape.matrices`, a row for each output.
   The gradient has the same layout and is added to. */

#include <math.h>
#include <string.h>

#define TOKENS 27
#define HIDDEN (4 * WIDTH)
#define SIZE (WIDTH / HEADS)
#define EPS 1e-5
#define BLOCK_SIZE (4 * WIDTH * WIDTH + 2 * HIDDEN * WIDTH)

/* What one block keeps of each position for the way back. */
typedef struct {
    double in[POSITIONS][WIDTH], h[POSITIONS][WIDTH];
    double query[POSITIONS][WIDTH], key[POSITIONS][WIDTH], value[POSITIONS][WIDTH];
    double share[HEADS][POSITIONS][POSITIONS];
    double found[POSITIONS][WIDTH], middle[POSITIONS][WIDTH], h2[POSITIONS][WIDTH];
    double up[POSITIONS][HIDDEN];
    double scale[POSITIONS], scale2[POSITIONS];
} Kept;

static void linear(int rows, int columns, const double *w, const double *x, double *y) {
    for (int i = 0; i < rows; i++) {
        double sum = 0.0;
        for (int j = 0; j < columns; j++) sum += w[i * columns + j] * x[j];
        y[i] = sum;
    }
}

/* Given ∂L/∂y, add to ∂L/∂w and ∂L/∂x. */
static void linear_back(int rows, int columns, const double *w, const double *x, const double *dy,
                        double *dw, double *dx) {
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            dw[i * columns + j] += dy[i] * x[j];
            dx[j] += dy[i] * w[i * columns + j];
        }
}

static double norm(const double *x, double *y) {
    double squares = 0.0;
    for (int j = 0; j < WIDTH; j++) squares += x[j] * x[j];
    double scale = 1.0 / sqrt(squares / WIDTH + EPS);
    for (int j = 0; j < WIDTH; j++) y[j] = x[j] * scale;
    return scale;
}

/* y = x · scale: ∂L/∂x += scale · (dy − y · mean(y · dy)). */
static void norm_back(const double *y, double scale, const double *dy, double *dx) {
    double along = 0.0;
    for (int j = 0; j < WIDTH; j++) along += y[j] * dy[j];
    along /= WIDTH;
    for (int j = 0; j < WIDTH; j++) dx[j] += scale * (dy[j] - y[j] * along);
}

static void softmax(int n, double *x) {
    double largest = x[0], sum = 0.0;
    for (int j = 1; j < n; j++) largest = x[j] > largest ? x[j] : largest;
    for (int j = 0; j < n; j++) sum += x[j] = exp(x[j] - largest);
    for (int j = 0; j < n; j++) x[j] /= sum;
}

static void attend(Kept *k, int p) {
    for (int head = 0; head < HEADS; head++) {
        double *share = k->share[head][p];
        int at = head * SIZE;
        for (int q = 0; q <= p; q++) {
            double score = 0.0;
            for (int j = 0; j < SIZE; j++) score += k->query[p][at + j] * k->key[q][at + j];
            share[q] = score / sqrt((double)SIZE);
        }
        softmax(p + 1, share);
        for (int j = 0; j < SIZE; j++) k->found[p][at + j] = 0.0;
        for (int q = 0; q <= p; q++)
            for (int j = 0; j < SIZE; j++) k->found[p][at + j] += share[q] * k->value[q][at + j];
    }
}

static void attend_back(const Kept *k, int p, const double *dfound, double (*dquery)[WIDTH],
                        double (*dkey)[WIDTH], double (*dvalue)[WIDTH]) {
    for (int head = 0; head < HEADS; head++) {
        const double *share = k->share[head][p];
        double dshare[POSITIONS], along = 0.0;
        int at = head * SIZE;
        for (int q = 0; q <= p; q++) {
            dshare[q] = 0.0;
            for (int j = 0; j < SIZE; j++) {
                dshare[q] += dfound[at + j] * k->value[q][at + j];
                dvalue[q][at + j] += share[q] * dfound[at + j];
            }
            along += share[q] * dshare[q];
        }
        for (int q = 0; q <= p; q++) {
            double dscore = share[q] * (dshare[q] - along) / sqrt((double)SIZE);
            for (int j = 0; j < SIZE; j++) {
                dquery[p][at + j] += dscore * k->key[q][at + j];
                dkey[q][at + j] += dscore * k->query[p][at + j];
            }
        }
    }
}

static void block(const double *w, Kept *k, int n, double (*out)[WIDTH]) {
    const double *wq = w, *wk = wq + WIDTH * WIDTH, *wv = wk + WIDTH * WIDTH;
    const double *wo = wv + WIDTH * WIDTH, *up = wo + WIDTH * WIDTH, *down = up + HIDDEN * WIDTH;
    for (int p = 0; p < n; p++) {
        double hidden[HIDDEN], y[WIDTH];
        k->scale[p] = norm(k->in[p], k->h[p]);
        linear(WIDTH, WIDTH, wq, k->h[p], k->query[p]);
        linear(WIDTH, WIDTH, wk, k->h[p], k->key[p]);
        linear(WIDTH, WIDTH, wv, k->h[p], k->value[p]);
        attend(k, p);
        linear(WIDTH, WIDTH, wo, k->found[p], y);
        for (int j = 0; j < WIDTH; j++) k->middle[p][j] = k->in[p][j] + y[j];
        k->scale2[p] = norm(k->middle[p], k->h2[p]);
        linear(HIDDEN, WIDTH, up, k->h2[p], hidden);
        for (int j = 0; j < HIDDEN; j++) k->up[p][j] = hidden[j] > 0.0 ? hidden[j] : 0.0;
        linear(WIDTH, HIDDEN, down, k->up[p], y);
        for (int j = 0; j < WIDTH; j++) out[p][j] = k->middle[p][j] + y[j];
    }
}

/* Turn ∂L/∂out into ∂L/∂in, in place. */
static void block_back(const double *w, double *dw, const Kept *k, int n, double (*d)[WIDTH]) {
    const double *wq = w, *wk = wq + WIDTH * WIDTH, *wv = wk + WIDTH * WIDTH;
    const double *wo = wv + WIDTH * WIDTH, *up = wo + WIDTH * WIDTH, *down = up + HIDDEN * WIDTH;
    double *dq = dw, *dk = dq + WIDTH * WIDTH, *dv = dk + WIDTH * WIDTH;
    double *dwo = dv + WIDTH * WIDTH, *dup = dwo + WIDTH * WIDTH, *ddown = dup + HIDDEN * WIDTH;
    double dquery[POSITIONS][WIDTH] = {{0}}, dkey[POSITIONS][WIDTH] = {{0}};
    double dvalue[POSITIONS][WIDTH] = {{0}};
    for (int p = 0; p < n; p++) {
        double dhidden[HIDDEN] = {0}, dh[WIDTH] = {0}, dfound[WIDTH] = {0};
        linear_back(WIDTH, HIDDEN, down, k->up[p], d[p], ddown, dhidden);
        for (int j = 0; j < HIDDEN; j++) dhidden[j] = k->up[p][j] > 0.0 ? dhidden[j] : 0.0;
        linear_back(HIDDEN, WIDTH, up, k->h2[p], dhidden, dup, dh);
        norm_back(k->h2[p], k->scale2[p], dh, d[p]);
        linear_back(WIDTH, WIDTH, wo, k->found[p], d[p], dwo, dfound);
        attend_back(k, p, dfound, dquery, dkey, dvalue);
    }
    for (int p = 0; p < n; p++) {
        double dh[WIDTH] = {0};
        linear_back(WIDTH, WIDTH, wq, k->h[p], dquery[p], dq, dh);
        linear_back(WIDTH, WIDTH, wk, k->h[p], dkey[p], dk, dh);
        linear_back(WIDTH, WIDTH, wv, k->h[p], dvalue[p], dv, dh);
        norm_back(k->h[p], k->scale[p], dh, d[p]);
    }
}

/* Return the mean surprise of a document of n + 1 tokens; add weight times its gradient. */
static double document(const double *theta, const long *tokens, int n, double weight,
                       double *gradient) {
    static Kept kept[BLOCKS + 1]; /* the input of the one past the last is the output of the last */
    double x[POSITIONS][WIDTH], scales[POSITIONS], d[POSITIONS][WIDTH], loss = 0.0;
    const double *embedding = theta, *places = embedding + TOKENS * WIDTH;
    const double *blocks = places + POSITIONS * WIDTH, *out = blocks + BLOCKS * BLOCK_SIZE;
    double *dembedding = gradient, *dplaces = dembedding + TOKENS * WIDTH;
    double *dblocks = dplaces + POSITIONS * WIDTH, *dout = dblocks + BLOCKS * BLOCK_SIZE;
    for (int p = 0; p < n; p++) {
        for (int j = 0; j < WIDTH; j++)
            x[p][j] = embedding[tokens[p] * WIDTH + j] + places[p * WIDTH + j];
        scales[p] = norm(x[p], kept[0].in[p]);
    }
    for (int k = 0; k < BLOCKS; k++)
        block(blocks + k * BLOCK_SIZE, &kept[k], n, kept[k + 1].in);
    for (int p = 0; p < n; p++) {
        double share[TOKENS];
        linear(TOKENS, WIDTH, out, kept[BLOCKS].in[p], share);
        softmax(TOKENS, share);
        loss -= log(share[tokens[p + 1]]) / n;
        share[tokens[p + 1]] -= 1.0;
        for (int j = 0; j < TOKENS; j++) share[j] *= weight / n;
        memset(d[p], 0, sizeof d[p]);
        linear_back(TOKENS, WIDTH, out, kept[BLOCKS].in[p], share, dout, d[p]);
    }
    for (int k = BLOCKS - 1; k >= 0; k--)
        block_back(blocks + k * BLOCK_SIZE, dblocks + k * BLOCK_SIZE, &kept[k], n, d);
    for (int p = 0; p < n; p++) {
        double dx[WIDTH] = {0};
        norm_back(kept[0].in[p], scales[p], d[p], dx);
        for (int j = 0; j < WIDTH; j++) {
            dembedding[tokens[p] * WIDTH + j] += dx[j];
            dplaces[p * WIDTH + j] += dx[j];
        }
    }
    return loss;
}

/* The mean loss of documents that follow one another in `tokens`, and its gradient. */
double batch(const double *theta, const long *tokens, const long *lengths, long documents,
             double *gradient, long parameters) {
    double loss = 0.0;
    memset(gradient, 0, parameters * sizeof *gradient);
    for (long k = 0; k < documents; k++) {
        loss += document(theta, tokens, (int)lengths[k] - 1, 1.0 / documents, gradient);
        tokens += lengths[k];
    }
    return loss / documents;
}
