"""What the worked examples say: titles, captions and explanations, in teaching order.

The computations are in `worked_examples`; the page that puts both together is in `gallery`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LESSONS", "Lesson"]


class Lesson(NamedTuple):
    """What one example is about."""

    number: int
    name: str  # on the command line and in file names
    title: str
    teaches: str  # the ideas it is for, in a few words
    caption: str  # one line
    idea: str  # the explanation, with its formulas
    plainly: str  # the same for a reader without mathematics
    ask: str  # a question for a class, before it looks at the pictures
    answer: str


LESSONS = (
    Lesson(
        1,
        "perfect-guess",
        "A perfect guess",
        "forward pass, loss",
        "The guess equals the target: the loss is 0, and there is nothing to learn.",
        "A network starts with data as numbers: here one input, x = 2. A weight w and a bias b "
        "make a guess, y_pred = w·x + b. The loss L = ½(y_pred − y_true)² measures the mistake."
        " Computing from left to right is the forward pass. The gradient dL/dw says how L would"
        " change if w did; at a loss of 0 it is 0 too, because L is at its lowest.",
        "A cook tastes the soup and finds it exactly right. There is nothing to change in the "
        "recipe.",
        "If the target were 2.5, which way would the guess have to move? And the weight?",
        "Up: 2 is too low by 0.5. The input is positive, so a larger w makes a larger guess.",
    ),
    Lesson(
        2,
        "target-moves",
        "The target moves",
        "gradient, chain rule, backward pass",
        "The target is 3 and the guess 2: now every gradient says how to do better.",
        "The chain rule carries the mistake back: dL/dy_pred = y_pred − y_true = −1, and each "
        "box passes its gradient on, times the local derivative on the line (∂). So dL/dw = −1 "
        "· x = −2 and dL/db = −1. The minus sign says that the loss falls if the value rises. "
        "This is the backward pass.",
        "The soup is too mild today. Each ingredient gets its share of the blame, and the cook "
        "learns in which direction to change each one, and which change would count the most.",
        "Why is dL/dw twice as large as dL/db?",
        "Because x = 2: a little more w moves the guess by twice as much as a little more b.",
    ),
    Lesson(
        3,
        "one-update",
        "One update",
        "gradient descent, learning rate",
        "One step against the gradient: w ← w − η·dL/dw, and the loss falls from 0.5 to 0.18.",
        "Gradient descent changes each weight a little against its gradient. The learning rate "
        "η = 0.1 says how little: w ← 0.5 − 0.1·(−2) = 0.7. The bias is left alone this time. "
        "The same forward pass then gives y_pred = 2.4.",
        "A little more salt, not the whole jar: the next spoonful is closer to what it should be.",
        "Why not take a step ten times as long, with η = 1?",
        "w would become 2.5 and the guess 6: far past the target, with a loss of 4.5 instead "
        "of 0.5.",
    ),
    Lesson(
        4,
        "both-update",
        "Weight and bias together",
        "many parameters at once",
        "Both parameters move at once: the loss falls further, to 0.125.",
        "Every parameter has its own gradient, so all can move in the same step: w ← 0.7 and b "
        "← 1 − 0.1·(−1) = 1.1, which makes y_pred = 2.5. A network with a billion parameters "
        "does exactly this.",
        "The cook adjusts the salt and the cooking time in one go. The bias is a habit: what "
        "the cook would do before even looking at the ingredients.",
        "Both gradients are negative here. What would an update do to a parameter whose gradient "
        "is positive?",
        "Lower it: an update goes against the gradient, whichever way that points.",
    ),
    Lesson(
        5,
        "relu-neuron",
        "A neuron with ReLU",
        "neuron, activation function",
        "The activation function ReLU lets positive numbers through, and their gradients back.",
        "A neuron computes z = w·x + b and then an activation, here ReLU(z) = max(0, z). "
        "Without it, layers upon layers would collapse into one straight line. Where z > 0, "
        "ReLU′(z) = 1, so the gradient passes unchanged: dL/dw = −2, as before.",
        "A baby weighs the sounds it hears. Only when they add up to enough does it decide to "
        "speak.",
        "Which numbers in this picture are different from those of example 3, where there is "
        "no ReLU?",
        "None: z = 2 is above 0, where ReLU(z) = z and its slope is 1. The next example shows "
        "the other side.",
    ),
    Lesson(
        6,
        "dead-relu",
        "A dead ReLU",
        "gradients that vanish",
        "The loss is large and all gradients are 0: a neuron that cannot learn.",
        "With b = −2 the sum z = −1 is below 0, where ReLU is flat: ReLU′(z) = 0. Every "
        "gradient behind it is multiplied by that 0. The mistake is large and no news of it "
        "arrives.",
        "The baby has decided not to speak, so nobody corrects it, so it does not learn. It is "
        "not the size of a mistake that teaches, but whether the correction gets through.",
        "How could this neuron be brought back to life?",
        "By anything that lifts z above 0, such as b = 0. But no gradient suggests it: "
        "somebody has to choose another start, or an activation that is flat nowhere.",
    ),
    Lesson(
        7,
        "iterative-improvement",
        "Again and again",
        "iteration, convergence",
        "Repeat the update: the loss shrinks by the same factor, 0.36, each time.",
        "Each update of w multiplies the error y_pred − y_true by 1 − η·x² = 0.6, and the loss "
        "by 0.6² = 0.36. So after k updates L = 0.5·0.36ᵏ, and w approaches 1, where the guess "
        "is perfect. Nothing new is needed: the same three steps, forward, backward, update.",
        "Taste, adjust, taste again. The changes grow smaller as the soup gets better.",
        "After how many updates is the loss below 0.001?",
        "After 7, when it is 0.5·0.36⁷ ≈ 0.0004. After 6 it is still 0.0011.",
    ),
    Lesson(
        8,
        "activations",
        "Activation functions",
        "sigmoid, ReLU, tanh, softmax",
        "Sigmoid, ReLU, tanh and softmax, each with its derivative.",
        "Sigmoid squeezes any number into (0, 1), tanh into (−1, 1); both are steepest at 0 and"
        " flat far out, where gradients fade. ReLU is 0 on one side and a straight line on the "
        "other. Softmax turns a list of scores into probabilities that sum to 1; raising one "
        "score lowers the probabilities of the others: ∂pᵢ/∂xⱼ = pᵢ(δᵢⱼ − pⱼ).",
        "Ways of making up one's mind: gradually, not at all until it is enough, or by sharing "
        "out one’s confidence among several answers.",
        "Where is the sigmoid steepest, and how steep is it there?",
        "At 0, where its slope is 0.5·(1 − 0.5) = 0.25.",
    ),
    Lesson(
        9,
        "embeddings",
        "Words become numbers",
        "embedding, dot product, cosine",
        "cat and dog as lists of three numbers: their cosine is 0.99, nearly the same direction.",
        "An embedding gives each word a vector. The dot product adds up what two words have in "
        "common; divided by both lengths it is the cosine of the angle between them, 1 for the "
        "same direction, 0 for nothing in common. The entries are parameters: they are learned "
        "like any weight.",
        "To a baby a word is first a handful of impressions: furry, small, makes a noise. Two "
        "words with similar impressions are close to each other.",
        "What becomes of the cosine if every number of “dog” is doubled?",
        "Nothing: the vector is twice as long, and points the same way.",
    ),
    Lesson(
        10,
        "learn-cat",
        "Learning that a cat is an animal",
        "classification, cross-entropy",
        "The answer “animal” is confirmed again and again; its probability rises from one half.",
        "“cat” becomes its embedding; a layer of weights and biases gives two scores; softmax "
        "makes probabilities of them; the cross-entropy L = −ln p(animal) is the loss. With all"
        " weights 0 both answers have probability ½. Each confirmation moves weights and "
        "biases.",
        "Each time somebody nods, the baby is a little surer.",
        "Why is p(animal) exactly one half at first?",
        "All weights and biases are 0, so both scores are 0, and softmax gives equal scores "
        "equal shares.",
    ),
    Lesson(
        11,
        "learn-from-a-mistake",
        "Learning from a mistake",
        "embeddings that learn",
        "“dog” is heard and the network says “cat”, until corrections flip the guess.",
        "The bias of 1 in favour of “cat” wins at first. The correction changes the weights, "
        "the biases, and the embedding of “dog” itself: the gradient flows through the layer "
        "into the word. With zero weights the embedding’s first gradient is 0; it starts to "
        "move as soon as the weights have.",
        "“No, that is a dog.” After a few corrections the baby says dog, and the word itself "
        "has come to mean something slightly different.",
        "Why does the word itself not move at the first correction?",
        "Its gradient comes back through the weights, and those are all 0 at first.",
    ),
    Lesson(
        12,
        "more-data",
        "More data, better guesses",
        "generalisation, test loss",
        "The same small network, trained on 1 to 64 examples, tested on 200 it has never seen.",
        "A network with 13 parameters learns y = tanh(x1 − x2) from noisy examples. From one "
        "example it learns that example; from 64 the noise averages out and the rule remains. "
        "The figure is the mean squared error on 200 other examples, averaged over 20 networks.",
        "One taste is an accident. The cook who has served sixty-four guests knows what people "
        "like.",
        "Why not use one example only, and train on it for longer?",
        "The network would learn that one example, noise and all, ever more exactly. What the "
        "others would have told it, it cannot know.",
    ),
)
